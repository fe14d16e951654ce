# Runs the tests of the package in out/package (./build.ps1 Package makes it) under the newest pinned Pester.
$ErrorActionPreference = 'Stop'
$project = "$PSScriptRoot/../Runctl.Package.Tests/Runctl.Package.Tests.csproj"
$restored = dotnet msbuild $project -getProperty:NuGetPackageRoot -getItem:PackageDownload | Out-String | ConvertFrom-Json
$version = (($restored.Items.PackageDownload | Where-Object Identity -EQ Pester).Version -split ';' -replace '[][]')[-1]
$package = Get-Item "$PSScriptRoot/../../out/package/Runctl.*.nupkg"
Import-Module "$($restored.Properties.NuGetPackageRoot)pester/$version/tools/Pester.psd1"
$container = New-PesterContainer -Path $PSScriptRoot/Package.Tests.ps1 -Data @{ Package = $package.FullName }
$result = Invoke-Pester -Container $container -PassThru
"Package: $($result.PassedCount) passed, $($result.FailedCount + $result.FailedContainersCount) failed"
exit [int]($result.FailedCount -gt 0 -or $result.FailedContainersCount -gt 0 -or $result.PassedCount -eq 0)
