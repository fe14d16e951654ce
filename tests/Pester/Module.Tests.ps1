param([Parameter(Mandatory)] [string] $Module)

BeforeAll {
    # As a .NET tool the shell's own process is dotnet.
    $shell = (Get-Process -Id $PID).Path
    $shell = if ([IO.Path]::GetFileNameWithoutExtension($shell) -eq 'dotnet') { $shell, 'exec', "$PSHOME/pwsh.dll" } else { , $shell }

    # A session of its own that finds the module by its name. Its exit code is in $LASTEXITCODE.
    function Invoke-Shell([string] $Command) {
        $program, $arguments = $shell
        $before = $env:PSModulePath
        $env:PSModulePath = (Split-Path (Split-Path (Split-Path $Module))) + [IO.Path]::PathSeparator + $before
        try { & $program @arguments -NoProfile -NonInteractive -Command $Command 2>&1 }
        finally { $env:PSModulePath = $before }
    }
}

Describe 'The module' {
    BeforeAll {
        Import-Module $Module -Force
        $manifest = Import-PowerShellDataFile $Module
    }

    It 'exports what its manifest names' {
        (Get-Command -Module Runctl).Name | Sort-Object | Should -Be ($manifest.CmdletsToExport | Sort-Object)
    }

    It 'has a manifest that PowerShell accepts' {
        (Test-ModuleManifest $Module -ErrorAction Stop).Version | Should -Be $manifest.ModuleVersion
    }

    It 'uses approved verbs and one noun prefix' {
        $approved = (Get-Verb).Verb
        foreach ($command in Get-Command -Module Runctl) {
            $command.Verb | Should -BeIn $approved
            $command.Noun | Should -BeLike 'Runctl*'
        }
    }

    It 'keeps the AWS SDK out of the default load context' {
        Get-RunctlConfiguration | Out-Null
        [Runtime.Loader.AssemblyLoadContext]::Default.Assemblies.GetName().Name | Where-Object { $_ -like 'AWSSDK.*' } | Should -BeNullOrEmpty
    }

    It 'is loaded by the name of a cmdlet' {
        $result = Invoke-Shell 'Get-RunctlConfiguration | Out-Null; (Get-Module Runctl).Name'
        "$($result | Select-Object -Last 1)" | Should -Be 'Runctl' -Because ($result -join "`n")
    }

    It 'is loaded again after it was removed, and writes nothing' {
        $result = @(Invoke-Shell 'Import-Module Runctl; Remove-Module Runctl; Import-Module Runctl; (Get-RunctlConfiguration).Count -gt 5')
        $result | Should -Be 'True' -Because ($result -join "`n")
    }

    It 'works where another session mode is in force: <_>' -ForEach 'Set-StrictMode -Version Latest', '$ErrorActionPreference = "Stop"', '[cultureinfo]::CurrentCulture = "tr-TR"',
        '[cultureinfo]::CurrentCulture = "de-DE"', '$PSStyle.OutputRendering = "PlainText"' {
        $result = @(Invoke-Shell "$_; (Get-RunctlConfiguration | Where-Object Name -EQ PollInterval).Value.TotalSeconds; Get-RunctlConfiguration | Out-String | Out-Null; `$?")
        $LASTEXITCODE | Should -Be 0 -Because ($result -join "`n")
        "$($result[0])" | Should -Match '30'
        $result[-1] | Should -Be 'True'
    }

    It 'rehearses an interruption and passes, with the module that lies beside the rehearsal' -Skip:(-not $IsLinux) {
        $program, $arguments = $shell
        & $program @arguments -NoProfile -File "$(Split-Path $Module)/samples/rehearsal.ps1" | Out-Host
        $LASTEXITCODE | Should -Be 0
    }
}

Describe 'An error' {
    BeforeAll {
        Import-Module $Module -Force
        # Neither a region nor credentials of the machine that runs the tests are to be found.
        $names = 'AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_ENDPOINT_URL', 'AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE'
        $before = @{}
        foreach ($name in $names) { $before[$name] = [Environment]::GetEnvironmentVariable($name); [Environment]::SetEnvironmentVariable($name, [NullString]::Value) }
        $env:AWS_CONFIG_FILE = "$TestDrive/config"
        $env:AWS_SHARED_CREDENTIALS_FILE = "$TestDrive/credentials"
        Push-Location $TestDrive
    }

    AfterAll {
        Pop-Location
        foreach ($name in $before.Keys) { [Environment]::SetEnvironmentVariable($name, $before[$name] ?? [NullString]::Value) }
    }

    It 'says what is missing although AWS_ENDPOINT_URL is empty' {
        $env:AWS_ENDPOINT_URL = ''
        try { { Get-RunctlInstance -Region us-east-1 -ErrorAction Stop } | Should -Throw -ErrorId 'CredentialsMissing,*' }
        finally { [Environment]::SetEnvironmentVariable('AWS_ENDPOINT_URL', [NullString]::Value) }
    }

    It '<Command> has the id <Id> and a remedy' -ForEach @(
        @{ Command = 'Get-RunctlInstance'; Id = 'RegionMissing' }
        @{ Command = 'Get-RunctlInstance -ProfileName nobody'; Id = 'ProfileUnusable' }
        @{ Command = 'Get-RunctlInstance -Region us-east-1 -ProfileName nobody'; Id = 'ProfileUnusable' }
        @{ Command = 'Get-RunctlConfiguration S3Bukcet'; Id = 'SettingNotFound' }
        @{ Command = 'Start-RunctlTraining ./missing.py -SyncCode -InstanceId i-0123456789abcdef0 -Region us-east-1'; Id = 'ScriptMissing' }
    ) {
        $failure = $null
        try { Invoke-Expression "$Command -ErrorAction Stop" } catch { $failure = $_ }
        $failure | Should -Not -BeNullOrEmpty
        $failure.FullyQualifiedErrorId | Should -BeLike "$Id,*" -Because "$($failure.Exception) $($failure.Exception.InnerException)"
        $failure.ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
    }

    It 'of a question that cannot be asked without a terminal names the switch that answers it' {
        $result = @() | & $shell[0] @($shell | Select-Object -Skip 1) -NoProfile -Command "Import-Module '$Module'; Start-RunctlSandbox -Confirm -ErrorVariable failures -ErrorAction SilentlyContinue; `$Error[0].FullyQualifiedErrorId; `$Error[0].ErrorDetails.RecommendedAction" 2>&1
        "$result" | Should -Match 'ConfirmationImpossible.*-Confirm:\$false'
    }

    It 'of a command that ends a script sets the exit code 1' {
        Invoke-Shell 'Get-RunctlInstance -ErrorAction Stop' | Out-Null
        $LASTEXITCODE | Should -Be 1
    }

    It 'of one target leaves $? false and the script running' {
        $result = @(Invoke-Shell 'Get-RunctlConfiguration S3Bukcet -ErrorAction SilentlyContinue; $?; "next"')
        $result | Should -Be 'False', 'next'
    }
}
