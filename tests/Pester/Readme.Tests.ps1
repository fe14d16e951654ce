param([Parameter(Mandatory)] [string] $Module)

BeforeAll {
    $readme = Get-Content "$PSScriptRoot/../../README.md" -Raw
}

BeforeDiscovery {
    $readme = Get-Content "$PSScriptRoot/../../README.md" -Raw
    $blocks = [regex]::Matches($readme, '(?ms)^```powershell\r?\n(.*?)^```') | ForEach-Object { @{ Text = $_.Groups[1].Value; Name = $_.Groups[1].Value.Split("`n").Where({ $_ -match 'Start-RunctlTraining' })[0] } }
}

Describe 'README' -Skip:(-not $IsLinux) {
    It 'runs as it is written in a sandbox: <Name>' -ForEach $blocks {
        # The build in a clone, as the first block imports it.
        $folder = [regex]::Match($readme, '(?m)^Import-Module (\./out/Runctl/[^/]+)/Runctl.psd1').Groups[1].Value
        $folder | Should -Not -BeNullOrEmpty
        $place = New-Item -ItemType Directory (Join-Path ([IO.Path]::GetTempPath()) "runctl-readme-$([Guid]::NewGuid())")
        try {
            New-Item -ItemType Directory (Join-Path $place (Split-Path $folder)), "$place/training" -Force | Out-Null
            New-Item -ItemType SymbolicLink -Path (Join-Path $place $folder) -Target (Split-Path $Module) | Out-Null
            # The project is the folder of the script, without the module.
            Set-Content "$place/training/.runctl.toml" ''
            Set-Content "$place/training/train.py" @'
import json, os, pathlib, time
folder = pathlib.Path("checkpoints")
folder.mkdir(exist_ok=True)
for step in range(1, 6):
    (folder / "new.tmp").write_text(json.dumps({"step": step}))
    os.replace(folder / "new.tmp", folder / ("step_%d.json" % step))
    print("step", step, flush=True)
    time.sleep(1)
'@
            # A block for AWS runs after this line of a user who tries it.
            $sandbox = if ($Text -notmatch 'Start-RunctlSandbox') { 'Start-RunctlSandbox -UseAsDefault | Out-Null' }
            Set-Content "$place/block.ps1" @"
`$ErrorActionPreference = 'Stop'; `$ProgressPreference = 'SilentlyContinue'; `$ConfirmPreference = 'None'
Import-Module $folder/Runctl.psd1
$sandbox
$Text
if (`$run.RunId -notmatch '.') { throw 'There is no run.' }
$(if ($sandbox) { 'if (Get-RunctlInstance | Where-Object State -In pending, running) { throw ''An instance is left.'' }' })
"@
            $shell = (Get-Process -Id $PID).Path
            $arguments = if ([IO.Path]::GetFileNameWithoutExtension($shell) -eq 'dotnet') { 'exec', "$PSHOME/pwsh.dll" }
            Push-Location $place
            try { $output = & $shell @arguments -NoProfile -File block.ps1 2>&1 | Out-String }
            finally { Pop-Location }
            $LASTEXITCODE | Should -Be 0 -Because $output
        }
        finally {
            Remove-Item $place -Recurse -Force
        }
    }
}
