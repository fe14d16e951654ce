param([Parameter(Mandatory)] [string] $Module)

BeforeDiscovery {
    $skip = -not $IsLinux
}

Describe 'The report of a run' -Skip:$skip {
    BeforeAll {
        Import-Module $Module -Force
        Start-RunctlSandbox -UseAsDefault | Out-Null
        $samples = "$(Split-Path $Module)/samples"
        $instance = New-RunctlSpotInstance g5.xlarge -Wait
        $run = Start-RunctlTraining "$samples/train_digits.py" -InstanceId $instance.InstanceId -ProjectDirectory $samples -SyncCode -ScriptArgument '--epochs', 2 -NoMonitor |
            Wait-RunctlTraining -Timeout 2m
        Push-Location $TestDrive
    }
    AfterAll {
        Pop-Location
        Stop-RunctlSandbox
    }

    It 'is a file by the name of the run in the current location' {
        $file = Export-RunctlReport $run
        $file | Should -BeOfType IO.FileInfo
        $file.Name | Should -Be "$($run.RunId).html"
        $file.PSPath | Should -Not -BeNullOrEmpty
        Get-Content $file -Raw | Should -Match 'Loss, from the log'
    }

    It 'has the loss that the training printed' {
        $text = Export-RunctlReport $run.RunId -AsMarkdown
        $text | Should -BeOfType string
        $text | Should -Match '\| `loss` \| 1 \| 2 \|'
        $text | Should -Match '\| `accuracy` \| 1 \| 2 \|'
    }

    It 'replaces a file only with -Force' {
        'mine' | Set-Content mine.html
        { Export-RunctlReport $run mine.html -ErrorAction Stop } | Should -Throw -ErrorId 'FileExists*'
        Get-Content mine.html | Should -Be 'mine'
        (Export-RunctlReport $run mine.html -Force).Length | Should -BeGreaterThan 5000
    }

    It 'writes nothing with -WhatIf' {
        Export-RunctlReport $run -Path whatif.html -WhatIf
        Test-Path whatif.html | Should -BeFalse
    }

    It 'takes runs from the pipeline into a directory' {
        New-Item -ItemType Directory reports | Out-Null
        (Get-RunctlTraining | Export-RunctlReport -Path reports -AsMarkdown).Name | Should -Be "$($run.RunId).md"
    }

    It 'refuses once to write several runs to one file, and asks for none of them' {
        $told = @(try { 'one-20260131-120000-abcdef', 'other-20260131-120000-abcdef', 'third-20260131-120000-abcdef' | Export-RunctlReport -Path all.html -ErrorAction Continue *>&1 } catch { $_ })
        $told.Count | Should -Be 1 -Because 'there are no such runs, and nobody has asked'
        $told[0].FullyQualifiedErrorId | Should -Match '^ReportPathShared,'
        $told[0].ErrorDetails.RecommendedAction | Should -Match '-Path reports'
        Test-Path all.html | Should -BeFalse
    }

    It 'takes a run that is named twice into one file' {
        ($run, $run.RunId | Export-RunctlReport -Path once.html).Name | Should -Be 'once.html'
    }

    It 'names a directory that does not exist' {
        { Export-RunctlReport $run -Path no/where.html -ErrorAction Stop } | Should -Throw -ErrorId 'ReportNotWritten*'
    }
}
