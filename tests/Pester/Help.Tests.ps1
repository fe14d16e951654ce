param([Parameter(Mandatory)] [string] $Module)

BeforeDiscovery {
    $help = [xml](Get-Content "$(Split-Path $Module)/en-US/Runctl.PowerShell.dll-Help.xml" -Raw)
    $commands = $help.helpItems.command | ForEach-Object { @{ Name = $_.details.name } }
    $examples = $help.helpItems.command | ForEach-Object {
        $name = $_.details.name
        $_.examples.example | Where-Object { $_.GetAttribute('runs') -eq 'true' } | ForEach-Object { @{ Name = $name; Code = $_.code } }
    }
    $topics = Get-ChildItem "$(Split-Path $Module)/en-US/about_*.help.txt" | ForEach-Object { @{ Topic = $_.Name -replace '\.help\.txt$' } }
}

Describe 'Help' {
    BeforeAll { Import-Module $Module -Force }

    It 'renders <Name> whole, with inputs, outputs, defaults and links' -ForEach $commands {
        $text = Get-Help $Name -Full | Out-String -Width 200
        foreach ($part in 'SYNOPSIS', 'DESCRIPTION', 'INPUTS', 'OUTPUTS', 'RELATED LINKS') { $text | Should -MatchExactly "(?m)^$part" }
        $text | Should -Match "docs/cmdlets/$Name\.md"
        @((Get-Help $Name -Examples).Examples.Example).Count | Should -BeGreaterOrEqual 2
    }

    It 'finds <Topic>' -ForEach $topics {
        Get-Help $Topic | Should -Match 'SHORT DESCRIPTION'
    }
}

Describe 'Examples that run' -Skip:(-not $IsLinux) {
    BeforeAll {
        Import-Module $Module -Force
        Push-Location (New-Item -ItemType Directory "$TestDrive/digits")
        Copy-Item "$(Split-Path $Module)/samples/train_digits.py", "$(Split-Path $Module)/samples/digits.csv" .
        $sandbox = Start-RunctlSandbox -UseAsDefault
        $instance = New-RunctlSpotInstance g5.xlarge -Wait
        $run = $instance | Start-RunctlTraining ./train_digits.py -SyncCode -ScriptArgument '--epochs', '500' -NoMonitor 6>$null
    }

    AfterAll {
        Stop-RunctlSandbox
        Pop-Location
    }

    It '<Name>: <Code>' -ForEach $examples {
        { & ([scriptblock]::Create($Code)) -ErrorAction Stop } | Should -Not -Throw
    }
}
