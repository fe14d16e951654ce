<#
.SYNOPSIS
Runs the Pester tests on the built module, under every version of Pester that Runctl.Package.Tests.csproj pins.

.PARAMETER Module
Path of the module's manifest; that of the newest build unless it is given.

.PARAMETER Version
Versions of Pester.

.PARAMETER RewriteGolden
Writes the golden texts of the views anew, in golden/. Read the difference before you commit it.
#>
param(
    [string] $Module,
    [string[]] $Version,
    [switch] $RewriteGolden
)

$env:RUNCTL_REWRITE_GOLDEN = if ($RewriteGolden) { '1' }

$ErrorActionPreference = 'Stop'
$project = "$PSScriptRoot/../Runctl.Package.Tests/Runctl.Package.Tests.csproj"
$restored = dotnet msbuild $project -getProperty:NuGetPackageRoot -getItem:PackageDownload | Out-String | ConvertFrom-Json
if (-not $Module) {
    $Module = "$PSScriptRoot/../../out/Runctl/$((Import-PowerShellDataFile "$PSScriptRoot/../../Runctl.psd1").ModuleVersion)/Runctl.psd1"
}
if (-not $Version) {
    $Version = ($restored.Items.PackageDownload | Where-Object Identity -EQ Pester).Version -split ';' -replace '[][]'
}

# As a .NET tool the shell's own process is dotnet.
$shell = (Get-Process -Id $PID).Path
$shell = if ([IO.Path]::GetFileNameWithoutExtension($shell) -eq 'dotnet') { $shell, 'exec', "$PSHOME/pwsh.dll" } else { , $shell }

$failed = 0
foreach ($one in $Version) {
    $pester = "$($restored.Properties.NuGetPackageRoot)pester/$one/tools/Pester.psd1"
    # Each version in a process of its own: a session can hold only one.
    $program, $arguments = $shell
    & $program @arguments -NoProfile -File "$PSScriptRoot/Invoke-Version.ps1" $pester $Module | Out-Host
    if ($LASTEXITCODE) { $failed++ }
}
exit $failed
