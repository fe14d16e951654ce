param([Parameter(Mandatory)] [string] $Module)

BeforeDiscovery {
    $types = foreach ($one in @(
            @{ Type = 'RunctlInstance'; Ids = 'i-0123456789abcdef0', 'i-0fedcba9876543210', 'ab12cd'; Numbers = '0.351', '4.890', '98.32', '12346', '105d', 'g4dn.12xlarge', 'x2iedn.32xl' }
            @{ Type = 'RunctlTraining'; Ids = 'digits-20240131-120000-ab12cd', 'fine-tuning-of-a-large-languag-20240131-235959-0f1e2d', 'i-0123456789abcdef0'; Numbers = '123456789', 'failed 137', '27' }
            @{ Type = 'RunctlCheckpoint'; Ids = 'ab12cd', '0f1e2d', 'epoch_10.pt'; Numbers = '>=123456789', ' 1200 ', '1024 GiB', '2024-01-31 12:00' }
            @{ Type = 'CheckpointFile'; Numbers = '1024 GiB', '2 KiB' }
            @{ Type = 'CheckpointReference'; Ids = 'ab12cd'; Numbers = '123456789' }
            @{ Type = 'RunctlEvent'; IsPage = $true; Ids = 'ab12cd', '0f1e2d'; Numbers = '2024-01-31 12:00:05Z' }
            @{ Type = 'Phase'; Numbers = '12345.68' }
            @{ Type = 'RunctlDrillReport'; IsPage = $true; Ids = 'digits-20240131-120000-ab12cd', 'i-0123456789abcdef0'; Numbers = '108.3 s', '2024-01-31 12:00:05Z' }
            @{ Type = 'RunctlProcess'; Ids = 'ab12cd'; Numbers = '4194304', '6399.9', '1048576', '81920', '999:04:05' }
            @{ Type = 'RunctlInstanceUsage'; IsPage = $true; Ids = 'i-0123456789abcdef0', 'ab12cd'; Numbers = '1 TiB', '80 GiB', '11 MiB', '71 °C' }
            @{ Type = 'RunctlSetting'; Ids = 'PollInterval'; Numbers = '30s' }
            @{ Type = 'RunctlSetupCheck'; Ids = 'InstanceProfile' }
            @{ Type = 'RunctlPolicy'; IsPage = $true; Ids = 'ec2:TerminateInstances' }
            @{ Type = 'RunctlSandboxFault'; Ids = 'i-0123456789abcdef0', 's3:UploadPart'; Numbers = '1234567', '0.25' }
            @{ Type = 'RunctlSandbox'; IsPage = $true; Ids = 'AKIASANDBOX000000001' })) {
        foreach ($key in 'Ids', 'Numbers') { $one[$key] = @($one[$key]) -ne $null }
        $one.IsPage = [bool] $one.IsPage
        $one
    }
    $cases = foreach ($one in $types) { foreach ($width in 80, 100, 120) { $one + @{ Width = $width } } }
}

BeforeAll {
    Import-Module $Module -Force
    $rendering = $PSStyle.OutputRendering
    $PSStyle.OutputRendering = 'PlainText'
    $culture = [cultureinfo]::CurrentCulture
    [cultureinfo]::CurrentCulture = 'en-US'

    function Get-Sample([string] $Type) { & "$PSScriptRoot/Get-Sample.ps1" $Type }
    function Show([object[]] $Object, [int] $Width = 80) {
        (($Object | Out-String -Width $Width) -split '\r?\n' | ForEach-Object TrimEnd) -join "`n" | ForEach-Object { $_.Trim("`n") }
    }
    function Get-Golden([string] $Type, [int] $Width) { (Get-Content -Raw "$PSScriptRoot/golden/$Type.$Width.txt").TrimEnd("`n") }
}

AfterAll {
    $PSStyle.OutputRendering = $rendering
    [cultureinfo]::CurrentCulture = $culture
}

Describe 'The view of <Type> at <Width> columns' -ForEach $cases {
    BeforeAll {
        $text = Show (Get-Sample $Type) $Width
        $lines = $text -split "`n"
        # Invoke-Tests.ps1 -RewriteGolden: the change is then looked at in the diff.
        if ($env:RUNCTL_REWRITE_GOLDEN) { Set-Content "$PSScriptRoot/golden/$Type.$Width.txt" $text }
    }

    It 'is its golden text' {
        $text | Should -BeExactly (Get-Golden $Type $Width)
    }

    It 'has no line longer than the screen' {
        $lines | Where-Object Length -GT $Width | Should -BeNullOrEmpty
    }

    It 'has its header on one line' -Skip:$IsPage {
        $lines[1] | Should -Match '^[- ]+$'
    }

    It 'cuts only what is at the end of a line' {
        $lines | Where-Object { $_ -match '….' } | Should -BeNullOrEmpty
    }

    It 'shows ids and numbers whole' {
        foreach ($whole in $Ids + $Numbers) { $text | Should -BeLike "*$whole*" }
    }
}

Describe 'The view of <Type>' -ForEach $types {
    It 'is the same in every culture' {
        try {
            foreach ($name in 'tr-TR', 'de-DE', 'ar-SA') {
                [cultureinfo]::CurrentCulture = $name
                # PowerShell breaks long lines of a page between words in some cultures only.
                (Show (Get-Sample $Type) 120) -replace '\s+' | Should -BeExactly ((Get-Golden $Type 120) -replace '\s+')
            }
        }
        finally { [cultureinfo]::CurrentCulture = 'en-US' }
    }

    It 'is the same under StrictMode' {
        Set-StrictMode -Version Latest
        $before = $Error.Count
        Show (Get-Sample $Type) | Should -BeExactly (Get-Golden $Type 80)
        $Error.Count | Should -Be $before
    }

    It 'is the same of a deserialized object' -Skip:($Type -in 'RunctlPolicy') {
        $file = Join-Path $TestDrive 'objects.xml'
        Get-Sample $Type | Export-Clixml $file -Depth 4
        Show (Import-Clixml $file) | Should -BeExactly (Get-Golden $Type 80)
    }

    It 'has the same text in colour' {
        $PSStyle.OutputRendering = 'Ansi'
        try { $text = (Get-Sample $Type | Out-String -Width 80) }
        finally { $PSStyle.OutputRendering = 'PlainText' }
        $plain = (($text -replace '\x1b\[[0-9;]*m') -split '\r?\n' | ForEach-Object TrimEnd) -join "`n"
        $plain.Trim("`n") | Should -BeExactly (Get-Golden $Type 80)
    }
}

Describe 'Colours' {
    BeforeAll { $PSStyle.OutputRendering = 'Ansi' }
    AfterAll { $PSStyle.OutputRendering = 'PlainText' }

    It 'are those of $PSStyle for <State>' -ForEach @(
        @{ State = 'running'; Color = { $PSStyle.Foreground.Green } }
        @{ State = 'interrupted'; Color = { $PSStyle.Formatting.Warning } }
        @{ State = 'failed 137'; Color = { $PSStyle.Formatting.Error } }
        @{ State = 'lost'; Color = { $PSStyle.Formatting.Error } }) {
        $text = Get-Sample RunctlTraining | Out-String -Width 80
        $text.Contains((& $Color) + $State + $PSStyle.Reset) | Should -BeTrue
    }

    It 'mark a check that failed' {
        (Get-Sample RunctlSetupCheck | Out-String -Width 80).Contains($PSStyle.Formatting.Error + 'NO' + $PSStyle.Reset) | Should -BeTrue
    }

    It 'are absent where NO_COLOR is set' {
        $shell = (Get-Process -Id $PID).Path
        $arguments = @(if ([IO.Path]::GetFileNameWithoutExtension($shell) -eq 'dotnet') { 'exec', "$PSHOME/pwsh.dll" })
        $script = "Import-Module '$Module'; & '$PSScriptRoot/Get-Sample.ps1' RunctlTraining | Out-String -Width 80"
        $env:NO_COLOR = '1'
        try { $text = (& $shell @arguments -NoProfile -Command $script) -join "`n" }
        finally { $env:NO_COLOR = $null }
        $text | Should -Match 'failed 137'
        $text.Contains([char]27) | Should -BeFalse
    }
}

Describe 'Objects of several kinds in one output' {
    It 'stay short lists without empty lines after a table' {
        $shown = Show (@(Get-Sample RunctlInstance)[0], @(Get-Sample RunctlTraining)[0])
        $list = ($shown -split "`n`n")[-1] -split "`n"
        $list.Count | Should -BeLessOrEqual 10
        $list | Where-Object { $_ -match ':\s*$' } | Should -BeNullOrEmpty
    }

    It 'read as lists of at most ten lines: <Type>' -ForEach $types {
        $first = if ($Type -eq 'RunctlInstance') { 'RunctlTraining' } else { 'RunctlInstance' }
        $shown = Show (@(Get-Sample $first)[0], @(Get-Sample $Type)[0])
        @((($shown -split "`n`n")[-1] -split "`n") -match '^\w+ *: ').Count | Should -BeIn (1..10)
    }
}

Describe 'An event' {
    It 'of today has no date' {
        $happened = & "$PSScriptRoot/New-Sample.ps1" Runctl.Events.RunctlEvent @{ Time = [DateTime]::UtcNow; Kind = 'Warning'; InstanceId = 'i-1'; RunId = 'digits-20240131-120000-ab12cd'; Message = 'Hello' }
        Show $happened | Should -Match '^\d\d:\d\d:\d\dZ ab12cd Hello$'
    }

    It 'that was a warning reads as the rest of it' {
        $happened = @(Get-Sample RunctlEvent)[2]
        $happened.PSObject.TypeNames.Insert(0, 'Runctl.Events.RunctlEvent#Warned')
        Show $happened 120 | Should -BeExactly 'Handling spot interruption for instance i-0123456789abcdef0'
    }

    It 'of a detection says once that there is an interruption' {
        Show @(Get-Sample RunctlEvent)[2] 120 | Should -BeExactly '2024-01-31 12:01:35Z ab12cd Spot interruption detected for instance i-0123456789abcdef0!'
    }

    It 'breaks between words on a terminal, and what follows is indented' {
        [Runctl.PowerShell.Views.EventText]::Wrap('12:00:05Z ab12cd Training started on instance i-0123456789abcdef0: train.py', 40) -split "`n" |
            Should -BeExactly '12:00:05Z ab12cd Training started on', '  instance i-0123456789abcdef0: train.py'
        [Runctl.PowerShell.Views.EventText]::Wrap('At s3://bucket/a-key-that-is-longer-than-a-line/of-the-screen', 30) -split "`n" |
            Should -BeExactly 'At', '  s3://bucket/a-key-that-is-lo', '  nger-than-a-line/of-the-scre', '  en'
        [Runctl.PowerShell.Views.EventText]::Wrap('Short', 30) | Should -BeExactly 'Short'
    }

    It 'of an interruption that is watched reads as its message alone' {
        $happened = @(Get-Sample RunctlEvent)[0]
        $happened.PSObject.TypeNames.Insert(0, 'Runctl.Events.RunctlEvent#Promised')
        Show $happened 120 | Should -BeExactly $happened.Message
    }

    It 'answers to Format-List and Format-Table' {
        $text = Get-Sample RunctlEvent | Format-Table Kind, RunId | Out-String
        $text | Should -Match 'Kind\s+RunId'
        Get-Sample RunctlEvent | Format-List * | Out-String | Should -Match 'Kind\s*: TrainingStarted'
    }
}
