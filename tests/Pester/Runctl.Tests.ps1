BeforeAll {
    $repository = (Get-Item "$PSScriptRoot/../..").FullName
    $version = (Import-PowerShellDataFile "$repository/Runctl.psd1").ModuleVersion
    Import-Module "$repository/out/Runctl/$version/Runctl.psd1" -Force
}

Describe 'Runctl in a real pwsh' {
    It 'exports what its manifest names' {
        $manifest = Import-PowerShellDataFile "$repository/Runctl.psd1"
        (Get-Command -Module Runctl).Name | Sort-Object | Should -Be ($manifest.CmdletsToExport | Sort-Object)
    }

    It 'keeps the AWS SDK out of the default load context' {
        Get-RunctlConfiguration | Out-Null
        [Runtime.Loader.AssemblyLoadContext]::Default.Assemblies.GetName().Name | Where-Object { $_ -like 'AWSSDK.*' } | Should -BeNullOrEmpty
    }

    It 'has help with an example for every cmdlet' {
        foreach ($command in Get-Command -Module Runctl) {
            (Get-Help $command.Name).Synopsis | Should -Not -Match '^\s*' + $command.Name
            (Get-Help $command.Name -Examples).Examples | Should -Not -BeNullOrEmpty
        }
    }

    It 'rehearses an interruption and passes' -Skip:(-not $IsLinux) {
        $pwsh = (Get-Process -Id $PID).Path
        & $pwsh -NoProfile -Command "Import-Module '$repository/out/Runctl/$version/Runctl.psd1'; & '$repository/module/samples/rehearsal.ps1'; exit `$LASTEXITCODE" | Out-Host
        $LASTEXITCODE | Should -Be 0
    }
}
