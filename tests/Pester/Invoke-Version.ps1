# Runs one file of Pester tests under one Pester; Invoke-Tests.ps1 calls it. The last line says what became of them.
param([string] $Pester, [string] $Module, [string] $File)
$ErrorActionPreference = 'Stop'
Import-Module $Pester
$container = New-PesterContainer -Path $File -Data @{ Module = $Module }
$result = Invoke-Pester -Container $container -PassThru
"$($result.PassedCount) $($result.FailedCount + $result.FailedContainersCount)"
exit [int]($result.FailedCount -gt 0 -or $result.FailedContainersCount -gt 0 -or $result.PassedCount -eq 0)
