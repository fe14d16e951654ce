# Runs the Pester tests of this folder under one Pester; Invoke-Tests.ps1 calls it.
param([string] $Pester, [string] $Module)
$ErrorActionPreference = 'Stop'
Import-Module $Pester
$container = New-PesterContainer -Path $PSScriptRoot/*.Tests.ps1 -Data @{ Module = $Module }
$result = Invoke-Pester -Container $container -PassThru
"Pester $($result.Version): $($result.PassedCount) passed, $($result.FailedCount + $result.FailedContainersCount) failed"
exit [int]($result.FailedCount -gt 0 -or $result.FailedContainersCount -gt 0 -or $result.PassedCount -eq 0)
