<#
.SYNOPSIS
Runs the Pester tests on the built module, under every version of Pester that Runctl.Package.Tests.csproj pins.

.PARAMETER Module
Path of the module's manifest; that of the newest build unless it is given.

.PARAMETER Version
Versions of Pester.

.PARAMETER Name
Files to run, as `Views`; all unless it is given.

.PARAMETER RewriteGolden
Writes the golden texts of the views anew, in golden/. Read the difference before you commit it.
#>
param(
    [string] $Module,
    [string[]] $Version,
    [string[]] $Name = '*',
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

$files = Get-ChildItem ($Name -split ',' | ForEach-Object { "$PSScriptRoot/$_.Tests.ps1" })
# Trainings wait for most of the time, so the longest files go first, and several at once.
$longest = 'Runs', 'Identity', 'Module', 'Readme', 'Jobs', 'Terminal', 'Screens'
$files = $files | Sort-Object { $at = [array]::IndexOf($longest, ($_.Name -replace '\.Tests\.ps1$')); $at -lt 0 ? $longest.Count : $at }
$failed = 0
foreach ($one in $Version) {
    $pester = "$($restored.Properties.NuGetPackageRoot)pester/$one/tools/Pester.psd1"
    # Each file in a process of its own: a session can hold only one Pester, and has one default sandbox.
    $results = $files | ForEach-Object -ThrottleLimit 4 -Parallel {
        $program, $arguments = $using:shell
        $output = & $program @arguments -NoProfile -File "$using:PSScriptRoot/Invoke-Version.ps1" $using:pester $using:Module $_.FullName 2>&1
        [pscustomobject]@{ Output = $output; Failed = $LASTEXITCODE -ne 0; Counts = "$($output | Select-Object -Last 1)" }
    } | ForEach-Object { $_.Output | Out-Host; $_ }
    $passes = $failures = 0
    foreach ($result in $results) {
        # A process that ends without counts is a failure of its own.
        if ($result.Counts -match '^(\d+) (\d+)$') { $passes += [int] $Matches[1]; $failures += [int] $Matches[2] } else { $failures++ }
        if ($result.Failed) { $failed = 1 }
    }
    "Pester ${one}: $passes passed, $failures failed"
}
exit $failed
