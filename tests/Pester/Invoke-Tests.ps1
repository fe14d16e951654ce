# Runs the Pester tests on the built module; needs pwsh 7.4 or later and Pester 5.
$ErrorActionPreference = 'Stop'
Import-Module Pester -MinimumVersion 5.0
$result = Invoke-Pester -Path $PSScriptRoot -PassThru
exit [int]($result.FailedCount -gt 0 -or $result.PassedCount -eq 0)
