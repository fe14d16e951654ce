param([Parameter(Mandatory)] [string] $Package)

BeforeAll {
    # A user's own folder: a feed, and what PSResourceGet installs and remembers.
    $userHome = (New-Item "$TestDrive/home" -ItemType Directory).FullName
    $feed = (New-Item "$TestDrive/feed" -ItemType Directory).FullName
    $contents = "$TestDrive/contents"
    [IO.Compression.ZipFile]::ExtractToDirectory($Package, $contents)
    $manifest = Import-PowerShellDataFile "$contents/Runctl.psd1"

    # As a .NET tool the shell's own process is dotnet.
    $shell = (Get-Process -Id $PID).Path
    $shell = if ([IO.Path]::GetFileNameWithoutExtension($shell) -eq 'dotnet') { $shell, 'exec', "$PSHOME/pwsh.dll" } else { , $shell }

    # A session of that user. Returns what it writes; its exit code is in $LASTEXITCODE.
    function Invoke-Shell([string] $Command) {
        $program, $arguments = $shell
        $before = @{}
        $user = @{ HOME = $userHome; XDG_DATA_HOME = $null; XDG_CONFIG_HOME = $null; XDG_CACHE_HOME = $null; PSModulePath = $null }
        foreach ($name in $user.Keys) {
            $before[$name] = [Environment]::GetEnvironmentVariable($name)
            [Environment]::SetEnvironmentVariable($name, $user[$name])
        }
        try {
            & $program @arguments -NoProfile -NonInteractive -Command $Command 2>&1
        }
        finally {
            foreach ($name in $before.Keys) { [Environment]::SetEnvironmentVariable($name, $before[$name]) }
        }
    }
}

Describe 'The package' {
    It 'is smaller than 5 MB' {
        (Get-Item $Package).Length | Should -BeLessThan 5MB
    }

    It 'is a prerelease with a project, a license, release notes and a description of what it needs' {
        $data = $manifest.PrivateData.PSData
        $data.Prerelease | Should -Not -BeNullOrEmpty
        $data.ProjectUri | Should -Match '^https://'
        $data.LicenseUri | Should -Match '^https://'
        $data.ReleaseNotes.Length | Should -BeGreaterThan 200
        $manifest.Description | Should -Match 'PowerShell 7' -Because 'it says the requirements'
        $manifest.Copyright | Should -Match '\(c\) \d{4}'
        (Split-Path $Package -Leaf) | Should -Be "Runctl.$($manifest.ModuleVersion)-$($data.Prerelease).nupkg"
    }

    It 'lists its files' {
        $added = 'Runctl.nuspec', '[Content_Types].xml', '_rels/.rels'
        $there = Get-ChildItem $contents -Recurse -File -Force | ForEach-Object { [IO.Path]::GetRelativePath($contents, $_.FullName) -replace '\\', '/' } |
            Where-Object { $_ -notin $added -and $_ -notlike 'package/*' }
        $there | Sort-Object | Should -Be ($manifest.FileList | Sort-Object)
    }

    It 'has release assemblies that name no folder of the machine that built them' {
        $repository = (Resolve-Path "$PSScriptRoot/../..").Path
        foreach ($file in Get-ChildItem $contents -Recurse -Filter Runctl.*.dll) {
            $bytes = [IO.File]::ReadAllBytes($file)
            [Text.Encoding]::Latin1.GetString($bytes) | Should -Not -Match ([regex]::Escape($repository)) -Because $file.Name
            [Text.Encoding]::Unicode.GetString($bytes) | Should -Not -Match ([regex]::Escape($repository)) -Because $file.Name
            $assembly = [Reflection.Assembly]::LoadFrom($file.FullName)
            $debuggable = [Reflection.CustomAttributeExtensions]::GetCustomAttribute($assembly, [Diagnostics.DebuggableAttribute])
            $debuggable.IsJITOptimizerDisabled | Should -BeFalse -Because $file.Name
        }
    }

    It 'has a notice for each library, with its license' {
        $notices = Get-Content "$contents/THIRD-PARTY-NOTICES.txt" -Raw
        foreach ($file in Get-ChildItem "$contents/adapters" -Filter *.dll | Where-Object Name -NotLike 'Runctl.*') {
            $notices | Should -Match ([regex]::Escape($file.Name))
        }
        'Apache License', 'Redistribution and use in source and binary forms', 'Permission is hereby granted' | ForEach-Object { $notices | Should -Match $_ }
        $notices | Should -Match 'Copyright Amazon'
    }

    It 'has no test, no debug file and no cache' {
        Get-ChildItem $contents -Recurse -File | Where-Object { $_.Extension -in '.pdb', '.pyc' -or $_.Name -like '*Tests*' } | Should -BeNullOrEmpty
    }
}

Describe 'The package in a feed' {
    It 'is published, found, and installed by name for the user' {
        $result = Invoke-Shell @"
            `$ErrorActionPreference = 'Stop'
            Register-PSResourceRepository -Name Feed -Uri '$feed' -Trusted
            Publish-PSResource -NupkgPath '$Package' -Repository Feed
            (Find-PSResource Runctl -Prerelease -Repository Feed).Version.ToString()
            Install-PSResource Runctl -Prerelease -Repository Feed -Scope CurrentUser
            (Get-Module Runctl -ListAvailable).ModuleBase
"@
        $LASTEXITCODE | Should -Be 0 -Because ($result -join "`n")
        $result | Should -Contain $manifest.ModuleVersion
        $result[-1] | Should -BeLike "$userHome*Runctl*"
    }

    It 'is loaded by the name of a cmdlet' {
        $result = Invoke-Shell '(Get-RunctlConfiguration | Measure-Object).Count; (Get-Module Runctl).Version.ToString()'
        $LASTEXITCODE | Should -Be 0 -Because ($result -join "`n")
        $result[-1] | Should -Be $manifest.ModuleVersion
    }

    It 'has samples that can be run as programs' -Skip:$IsWindows {
        $result = Invoke-Shell 'Get-ChildItem "$((Get-Module Runctl -ListAvailable).ModuleBase)/samples" | Where-Object { (Get-Content $_ -TotalCount 1) -like "#!*" } | ForEach-Object { "$($_.UnixMode) $($_.Name)" }'
        $result.Count | Should -BeGreaterThan 3
        $result | ForEach-Object { "$_" | Should -BeLike '-rwx*' }
    }

    It 'has help and the about topics' {
        $result = Invoke-Shell '(Get-Help Start-RunctlTraining).Synopsis; (Get-Help about_Runctl | Out-String).Length'
        $result[0] | Should -Not -BeLike 'Start-RunctlTraining*'
        [int] "$($result[-1])" | Should -BeGreaterThan 500
    }

    It 'rehearses an interruption and passes' -Skip:(-not $IsLinux) {
        $result = Invoke-Shell '& "$((Get-Module Runctl -ListAvailable).ModuleBase)/samples/rehearsal.ps1"; exit $LASTEXITCODE'
        $LASTEXITCODE | Should -Be 0 -Because ($result -join "`n")
        ($result -join "`n") | Should -Match 'PASS'
    }
}
