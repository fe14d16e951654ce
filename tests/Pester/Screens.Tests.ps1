param([Parameter(Mandatory)] [string] $Module)

BeforeDiscovery {
    $screens = Get-ChildItem "$PSScriptRoot/../../docs/screens/*.txt" | ForEach-Object { @{ Name = $_.BaseName; Path = $_.FullName } }
}

Describe 'Screens of the documentation' -Skip:(-not $IsLinux) {
    BeforeAll {
        $root = "$PSScriptRoot/../.."
        $shell = if ([IO.Path]::GetFileNameWithoutExtension((Get-Process -Id $PID).Path) -eq 'dotnet') { 'dotnet', 'exec', "$PSHOME/pwsh.dll" } else { , (Get-Process -Id $PID).Path }
        $program, $arguments = $shell
        & $program @arguments -NoProfile -File "$root/docs/screens/New-Screens.ps1" $Module $TestDrive 3>&1 6>&1 | Out-Host

        # Numbers differ from run to run, and with them where a column ends and a line breaks; and whether the save was committed before
        # all that travels along, which gives it a second manifest.
        function Get-Form([string] $Path) {
            (Get-Content $Path -Raw) -replace '[\s-]+' -replace '@[\d.]+\.manifest', '.manifest' -replace '[KMG]iB', 'B' -replace '[\d.,]+', '#'
        }
    }

    It 'shows <Name> as the module does now' -ForEach $screens {
        Get-Form "$TestDrive/$Name.txt" | Should -BeExactly (Get-Form $Path) -Because 'docs/screens/New-Screens.ps1 makes it again'
    }

    It 'shows <Name> in docs/aws.md as it is in its file, if it does at all' -ForEach $screens {
        $shown = [regex]::Match((Get-Content "$root/docs/aws.md" -Raw), "(?s)<!-- screen: $Name -->\n``````text\n(.*?)``````")
        if ($shown.Success) { $shown.Groups[1].Value.Trim() | Should -BeExactly (Get-Content $Path -Raw).Trim() }
    }
}
