<#
.SYNOPSIS
Makes the package for the PowerShell Gallery: out/package/Runctl.VERSION-PRERELEASE.nupkg.

.DESCRIPTION
Builds the Release assemblies into a folder of their own, writes the notices of the libraries that
ship and the list of files, packs the folder, and gives the samples their executable bit back, which
the packing drops. It publishes nothing:

    Publish-PSResource -NupkgPath out/package/Runctl.0.1.0-preview1.nupkg -Repository PSGallery -ApiKey ...
#>
[CmdletBinding()]
param()

$ErrorActionPreference = 'Stop'
$LargestPackage = 5MB
# Mode of a regular file that everybody may read and run, as zip has it in the upper half of its attributes.
$Executable = [Convert]::ToInt32('100755', 8) -shl 16

$root = (Resolve-Path "$PSScriptRoot/..").Path
$manifest = Import-PowerShellDataFile "$root/Runctl.psd1"
$version = $manifest.ModuleVersion
$output = "$root/out/package"
$module = "$output/Runctl/$version"

# The SPDX identifier of a license, or the path of the text that the package has.
function Get-License([xml] $Specification, [string] $Folder) {
    $license = $Specification.package.metadata.license
    if ($license.type -eq 'file') { return Get-Content "$Folder/$($license.'#text' -replace '\\', '/')" -Raw }
    $text = "$PSScriptRoot/licenses/$($license.'#text').txt"
    if (-not (Test-Path $text)) {
        throw "There is no text of the license '$($license.'#text')'. Add it as packaging/licenses/$($license.'#text').txt."
    }
    Get-Content $text -Raw
}

function Get-Library {
    $assets = Get-Content "$root/src/Runctl.Adapters/obj/project.assets.json" -Raw | ConvertFrom-Json -AsHashtable
    $restored = @($assets.packageFolders.Keys)[0]
    foreach ($library in @($assets.targets.Values)[0].GetEnumerator() | Where-Object { $_.Value.type -eq 'package' }) {
        # `_._` stands for a library that the framework has.
        $files = @($library.Value['runtime'].Keys | Where-Object { $_ -like '*.dll' } | Split-Path -Leaf)
        if (-not $files) { continue }
        $folder = Join-Path $restored $assets.libraries[$library.Key].path
        [xml] $specification = Get-Content (Get-ChildItem "$folder/*.nuspec") -Raw
        $about = $specification.package.metadata
        [pscustomobject]@{
            Name      = $about.id
            Version   = $about.version
            Home      = $about.projectUrl
            Copyright = if ($about.copyright) { "Copyright $($about.copyright -replace '^(Copyright|©)\s*')" } else { "Copyright $($about.authors)" }
            License   = (Get-License $specification $folder).Trim()
            Files     = $files
        }
    }
}

function Write-Notices([string] $Path) {
    $libraries = @(Get-Library | Sort-Object Name)
    $lines = @('Runctl contains the following libraries. Their licenses follow, each once.', '')
    $lines += $libraries | ForEach-Object { "* $($_.Name) $($_.Version), $($_.Home)"; "  $($_.Copyright). Files: $($_.Files -join ', ')" }
    foreach ($group in $libraries | Group-Object License) {
        $lines += '', ('-' * 100), "License of $($group.Group.Name -join ', ')", '', ($group.Group.Copyright | Select-Object -Unique), '', $group.Name
    }
    Set-Content $Path ($lines -join "`n")

    $known = $libraries.Files
    $unknown = Get-ChildItem "$module/adapters/*.dll" | Where-Object Name -NotLike 'Runctl.*' | Where-Object Name -NotIn $known
    if ($unknown) { throw "No notice covers $($unknown.Name -join ', ')." }
}

# The part of the changelog that is about this version, without its heading.
function Get-ReleaseNote {
    $changes = Get-Content "$root/CHANGELOG.md" -Raw
    ([regex]::Match($changes, '(?ms)^## [^\n]*\n(.*?)(?=^## |\z)').Groups[1].Value).Trim()
}

function Set-Manifest([string] $Path) {
    $files = Get-ChildItem $module -Recurse -File | ForEach-Object { [IO.Path]::GetRelativePath($module, $_.FullName) -replace '\\', '/' } | Sort-Object
    $list = ($files | ForEach-Object { "        '$_'" }) -join "`n"
    $note = (Get-ReleaseNote) -replace "'", "''"
    $text = Get-Content $Path -Raw
    $text = $text.Replace('    FileList             = @()', "    FileList             = @(`n$list`n    )")
    $text = $text.Replace("            ReleaseNotes = ''", "            ReleaseNotes = '$note'")
    Set-Content $Path $text -NoNewline
    $read = Import-PowerShellDataFile $Path
    if ($read.FileList.Count -ne @($files).Count -or -not $read.PrivateData.PSData.ReleaseNotes) { throw "$Path has no place for its files and release notes." }
}

# Scripts of the module that name their interpreter.
function Get-Program {
    Get-ChildItem "$module/samples" -File | Where-Object { (Get-Content $_ -TotalCount 1) -like '#!*' }
}

function Set-ExecutableBit([string] $Package, [string[]] $Names) {
    $archive = [IO.Compression.ZipFile]::Open($Package, 'Update')
    try {
        foreach ($name in $Names) {
            $entry = $archive.GetEntry("samples/$name")
            if (-not $entry) { throw "$Package has no samples/$name." }
            $entry.ExternalAttributes = $Executable
        }
    }
    finally {
        $archive.Dispose()
    }
}

Remove-Item $output -Recurse -Force -ErrorAction Ignore
New-Item $module -ItemType Directory | Out-Null
# The trailing slash belongs to the property; the quotes around it would be escaped by a backslash only.
dotnet build "$root/src/Runctl.PowerShell" --configuration Release "-p:StagingDirectory=$module/" -p:EmbedUntrackedSources=true -v quiet
if ($LASTEXITCODE) { throw "The Release build failed with exit code $LASTEXITCODE." }
Write-Notices "$module/THIRD-PARTY-NOTICES.txt"
Set-Manifest "$module/Runctl.psd1"

Compress-PSResource -Path $module -DestinationPath $output
$package = Get-Item "$output/Runctl.*.nupkg"
Set-ExecutableBit $package.FullName (Get-Program).Name
if ($package.Length -ge $LargestPackage) { throw "$($package.Name) has $($package.Length) bytes; the limit is $LargestPackage." }
Get-Item $package.FullName
