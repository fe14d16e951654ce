<#
.SYNOPSIS
Builds, rehearses and tests Runctl. Each task is a few lines over `dotnet`.

.DESCRIPTION
Where pwsh 7.6 is installed, run ./build.ps1 TASK. Elsewhere the .NET SDK is enough:

    dotnet tool exec -y PowerShell -- ./build.ps1 TASK

.PARAMETER Task
Build     builds the module into out/Runctl/VERSION (the default).
Rehearse  builds, then interrupts a training in a sandbox and resumes it; ends with PASS or FAIL.
Test      builds, then runs the tests of a level.
Package   makes the package for the PowerShell Gallery in out/package, from Release assemblies.
Clean     removes everything that was built.

.PARAMETER Level
Unit       tests that touch memory and temporary files only: less than a minute.
Component  those, and tests with real processes, loopback and one sandbox.
All        those, whole trainings in the built module, the Pester tests under every pinned Pester, and the tests of the package
           (the default).

.PARAMETER Configuration
Debug or Release.

.EXAMPLE
./build.ps1 Test -Level Unit
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Rehearse', 'Test', 'Package', 'Clean')]
    [string] $Task = 'Build',

    [ValidateSet('Unit', 'Component', 'All')]
    [string] $Level = 'All',

    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Debug'
)

$ErrorActionPreference = 'Stop'
$version = (Import-PowerShellDataFile "$PSScriptRoot/Runctl.psd1").ModuleVersion
$module = "$PSScriptRoot/out/Runctl/$version"

function Invoke-Dotnet {
    if (-not (Get-Command dotnet -CommandType Application -ErrorAction Ignore)) {
        throw "The .NET SDK is not on the PATH. Install the version that global.json names: https://dotnet.microsoft.com/download"
    }
    dotnet @args
    if ($LASTEXITCODE) { throw "dotnet $($args[0]) failed with exit code $LASTEXITCODE." }
}

function Build {
    Invoke-Dotnet build --configuration $Configuration
}

function Rehearse {
    Build
    & "$module/samples/rehearsal.ps1"
    if ($LASTEXITCODE) { throw 'The rehearsal failed.' }
}

function Test {
    Build
    $failed = @()
    $projects = if ($Level -ne 'All') { '--solution', "Runctl.$Level.slnf" }
    try { Invoke-Dotnet test --no-build --configuration $Configuration @projects } catch { $failed += "$_" }
    if ($Level -eq 'All') {
        & "$PSScriptRoot/tests/Pester/Invoke-Tests.ps1" -Module "$module/Runctl.psd1"
        if ($LASTEXITCODE) { $failed += 'Pester tests failed.' }
        Package | Out-Host
        & "$PSScriptRoot/tests/Packaging/Invoke-Tests.ps1"
        if ($LASTEXITCODE) { $failed += 'The tests of the package failed.' }
    }
    if ($failed) { throw $failed -join ' ' }
}

function Package {
    & "$PSScriptRoot/packaging/New-Package.ps1"
}

function Clean {
    Get-ChildItem $PSScriptRoot/src, $PSScriptRoot/tests -Directory -Recurse -Include bin, obj | Remove-Item -Recurse -Force
    Remove-Item "$PSScriptRoot/out" -Recurse -Force -ErrorAction Ignore
}

Push-Location $PSScriptRoot
try {
    & $Task
    if ($Task -eq 'Build') { "Import the module: Import-Module $module/Runctl.psd1" }
}
catch {
    [Console]::Error.WriteLine($_)
    exit 1
}
finally {
    Pop-Location
}
exit 0
