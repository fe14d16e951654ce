param([Parameter(Mandatory)] [string] $Module)

BeforeAll {
    Import-Module $Module -Force
    $manifest = Import-PowerShellDataFile $Module
}

Describe 'Runctl in a real pwsh' {
    It 'exports what its manifest names' {
        (Get-Command -Module Runctl).Name | Sort-Object | Should -Be ($manifest.CmdletsToExport | Sort-Object)
    }

    It 'keeps the AWS SDK out of the default load context' {
        Get-RunctlConfiguration | Out-Null
        [Runtime.Loader.AssemblyLoadContext]::Default.Assemblies.GetName().Name | Where-Object { $_ -like 'AWSSDK.*' } | Should -BeNullOrEmpty
    }

    It 'has help with an example for every cmdlet' {
        foreach ($command in Get-Command -Module Runctl) {
            (Get-Help $command.Name).Synopsis | Should -Not -Match ('^\s*' + $command.Name)
            (Get-Help $command.Name -Examples).Examples | Should -Not -BeNullOrEmpty
        }
    }

    It 'rehearses an interruption and passes, with the module that lies beside the rehearsal' -Skip:(-not $IsLinux) {
        $shell = (Get-Process -Id $PID).Path
        $arguments = if ([IO.Path]::GetFileNameWithoutExtension($shell) -eq 'dotnet') { 'exec', "$PSHOME/pwsh.dll" }
        & $shell @arguments -NoProfile -File "$(Split-Path $Module)/samples/rehearsal.ps1" | Out-Host
        $LASTEXITCODE | Should -Be 0
    }
}
