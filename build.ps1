<#
.SYNOPSIS
Builds and tests Runctl from pwsh; does nothing that `dotnet` alone cannot.

.PARAMETER Configuration
Debug or Release.

.PARAMETER Test
Runs the tests after building.

.PARAMETER Import
Imports the built module into this session.
#>
param(
    [ValidateSet('Debug', 'Release')]
    [string] $Configuration = 'Debug',
    [switch] $Test,
    [switch] $Import
)

$ErrorActionPreference = 'Stop'
Push-Location $PSScriptRoot
try {
    dotnet build --configuration $Configuration
    if ($LASTEXITCODE) { throw "The build failed with exit code $LASTEXITCODE." }
    if ($Test) {
        dotnet test --no-build --configuration $Configuration
        if ($LASTEXITCODE) { throw "Tests failed with exit code $LASTEXITCODE." }
    }
    if ($Import) {
        $version = ([regex] "ModuleVersion\s*=\s*'([^']+)'").Match([IO.File]::ReadAllText("$PSScriptRoot/Runctl.psd1")).Groups[1].Value
        Import-Module "$PSScriptRoot/out/Runctl/$version/Runctl.psd1" -Global
    }
}
finally {
    Pop-Location
}
