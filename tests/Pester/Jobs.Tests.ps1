param([Parameter(Mandatory)] [string] $Module)

BeforeAll {
    Import-Module $Module -Force
    $started = Get-Location
    Set-Location $TestDrive
    if ($IsLinux) {
        $sandbox = Start-RunctlSandbox -UseAsDefault -BootTime 100ms
        $launch = @{ InstanceType = 'g5.xlarge'; IamInstanceProfile = 'RunctlSandbox' }
    }

    # What a child pwsh writes, all streams as its console shows them.
    function Invoke-Shell([string] $Script) {
        $shell = (Get-Process -Id $PID).Path
        $arguments = if ([IO.Path]::GetFileNameWithoutExtension($shell) -eq 'dotnet') { 'exec', "$PSHOME/pwsh.dll" }
        & $shell @arguments -NoProfile -Command "Import-Module '$Module'; $Script" 2>&1 | Out-String
    }

    function Wait-Until([scriptblock] $Condition) {
        $end = [DateTime]::UtcNow.AddSeconds(60)
        while (-not (& $Condition)) {
            if ([DateTime]::UtcNow -gt $end) { throw "Never: $Condition" }
            Start-Sleep -Milliseconds 100
        }
    }
}

AfterAll {
    Get-Job | Remove-Job -Force
    Stop-RunctlSandbox
    Set-Location $started
}

Describe '-AsJob' -Skip:(-not $IsLinux) {
    AfterEach {
        Get-Job | Remove-Job -Force
    }

    It 'is a parameter of <_>' -ForEach @(
        'New-RunctlSpotInstance', 'Start-RunctlInstance', 'Stop-RunctlInstance', 'Remove-RunctlInstance', 'Start-RunctlTraining', 'Resume-RunctlTraining', 'Stop-RunctlTraining', 'Wait-RunctlTraining'
        'Get-RunctlTrainingLog', 'Save-RunctlCheckpoint', 'Invoke-RunctlInterruptionDrill', 'Watch-RunctlSpotInterruption', 'Test-RunctlSetup'
    ) {
        (Get-Command $_).Parameters.Keys | Should -Contain AsJob
        (Get-Command $_).Parameters.Keys | Should -Contain JobName
    }

    It 'returns a job at once, whose output are the objects themselves' {
        $job = New-RunctlSpotInstance @launch -Wait -AsJob
        $job.PSJobTypeName | Should -Be 'RunctlJob'
        Get-Job -Id $job.Id | Should -Be $job
        $instance = $job | Receive-Job -Wait
        $instance.GetType().Name | Should -Be 'RunctlInstance'
        $job.State | Should -Be 'Completed'
        $job | Receive-Job | Should -BeNullOrEmpty
        Remove-RunctlInstance $instance -Confirm:$false -AsJob | Receive-Job -Wait -AutoRemoveJob
        Get-RunctlInstance $instance.InstanceId -ErrorAction Ignore | Where-Object State -EQ running | Should -BeNullOrEmpty
    }

    It 'has the streams of the command' {
        $job = New-RunctlSpotInstance g5.xlarge -WarningAction SilentlyContinue -Verbose -Debug -AsJob
        $job | Wait-Job | Out-Null
        @($job.Verbose.Message) -match '^Pool g5.xlarge' | Should -Not -BeNullOrEmpty
        @($job.Debug.Message) -match '^EC2 CreateFleet: 200' | Should -Not -BeNullOrEmpty
        $job.Warning | Should -BeNullOrEmpty
        Receive-Job $job -Keep | Remove-RunctlInstance -Confirm:$false
        Receive-Job $job | Should -Not -BeNullOrEmpty
    }

    It 'keeps its output with Receive-Job -Keep, and ends with -AutoRemoveJob' {
        $job = Test-RunctlSetup -AsJob
        $job | Wait-Job | Out-Null
        ($job | Receive-Job -Keep).Count | Should -Be ($job | Receive-Job -Keep).Count
        $job | Receive-Job -Wait -AutoRemoveJob | Should -Not -BeNullOrEmpty
        Get-Job | Should -BeNullOrEmpty
    }

    It 'fails if the command ends with an error, and shows the error once' {
        $job = New-RunctlSpotInstance nope.large -IamInstanceProfile RunctlSandbox -AsJob
        ($job | Wait-Job).State | Should -Be 'Failed'
        $job.StatusMessage | Should -Match 'nope.large'
        $job | Receive-Job -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures.Count | Should -Be 1
        $failures[0].FullyQualifiedErrorId | Should -Match '^\w+,Runctl\.PowerShell'
        "$failures" | Should -Match 'nope.large'
    }

    It 'uses everything that comes through the pipeline' {
        $job = 'i-00000000000000001', 'i-00000000000000002' | Stop-RunctlInstance -AsJob
        $job | Receive-Job -Wait -ErrorVariable failures -ErrorAction SilentlyContinue
        $failures.TargetObject | Should -Be @('i-00000000000000001', 'i-00000000000000002')
        $job.State | Should -Be 'Completed'
    }

    It 'answers -WhatIf at once, without a job' {
        New-RunctlSpotInstance @launch -AsJob -WhatIf | Should -BeNullOrEmpty
        Get-Job | Should -BeNullOrEmpty
    }

    It 'refuses what would be asked, and names the way' {
        { 'i-00000000000000001' | Remove-RunctlInstance -AsJob -ErrorAction Stop } | Should -Throw -ErrorId 'JobCannotAsk,*'
        Get-Job | Should -BeNullOrEmpty
    }

    It 'has names that can be told apart in a table of 100 columns, and the name that is given' {
        $jobs = (Test-RunctlSetup -AsJob), (Test-RunctlSetup -AsJob), (Test-RunctlSetup -AsJob -JobName checks)
        $table = Get-Job | Out-String -Width 100
        $jobs.Name | Select-Object -Unique | Should -HaveCount 3
        $jobs.Name | ForEach-Object { $table | Should -Match "\b$_\b" }
        $jobs[2].Name | Should -Be 'checks'
        $jobs | Wait-Job | Out-Null
    }

    It 'says what it does now, and leaves nothing behind when it is stopped' {
        Set-RunctlSandbox -SsmOffline
        try {
            $job = New-RunctlSpotInstance @launch -Wait -AsJob
            Wait-Until { $job.StatusMessage -match 'i-[0-9a-f]{17}' }
            { Remove-Job $job -ErrorAction Stop } | Should -Throw
            Stop-Job $job
            $job.State | Should -Be 'Stopped'
            Wait-Until { -not (Get-RunctlInstance | Where-Object State -In pending, running) }
        }
        finally {
            Set-RunctlSandbox -SsmOffline:$false
        }
    }

    It 'is removed with -Force while it runs' {
        Set-RunctlSandbox -SsmOffline
        try {
            $job = New-RunctlSpotInstance @launch -Wait -AsJob
            Wait-Until { Get-RunctlInstance | Where-Object State -EQ running }
            Remove-Job $job -Force
            Get-Job | Should -BeNullOrEmpty
            Wait-Until { -not (Get-RunctlInstance | Where-Object State -In pending, running) }
        }
        finally {
            Set-RunctlSandbox -SsmOffline:$false
        }
    }

    It 'ends with the session, and leaves nothing behind' {
        Set-RunctlSandbox -SsmOffline
        try {
            Start-ThreadJob {
                Import-Module $using:Module
                $null = New-RunctlSpotInstance g5.xlarge -IamInstanceProfile RunctlSandbox -Wait -AsJob
                while (-not (Get-RunctlInstance | Where-Object State -EQ running)) { Start-Sleep -Milliseconds 100 }
            } | Receive-Job -Wait -AutoRemoveJob
            Wait-Until { -not (Get-RunctlInstance | Where-Object State -In pending, running) }
        }
        finally {
            Set-RunctlSandbox -SsmOffline:$false
        }
    }

    It 'starts monitors that are jobs of the session' {
        Set-Content train.py "import time`ntime.sleep(600)"
        $instance = New-RunctlSpotInstance @launch -Wait
        $run = $instance | Start-RunctlTraining ./train.py -SyncCode -AsJob | Receive-Job -Wait
        $run.RunId | Should -Not -BeNullOrEmpty
        $monitor = Get-Job -Name $run.MonitorJob
        $monitor.State | Should -Be 'Running'
        $monitor.Name | Should -Be "Runctl:$($run.RunId.Split('-')[-1])"
        ($run | Stop-RunctlTraining -AsJob | Receive-Job -Wait).RunId | Should -Be $run.RunId
        Remove-RunctlInstance $instance -Confirm:$false
    }
}

Describe 'The default sandbox' -Skip:(-not $IsLinux) {
    It 'is seen by <Name>' -ForEach @(
        @{ Name = 'Start-ThreadJob'; Script = { Start-ThreadJob { Import-Module $using:Module; Get-RunctlConfiguration EndpointUrl } | Receive-Job -Wait -AutoRemoveJob } }
        @{ Name = 'ForEach-Object -Parallel'; Script = { 1 | ForEach-Object -Parallel { Import-Module $using:Module; Get-RunctlConfiguration EndpointUrl } } }
    ) {
        "$((& $Script).Value)" | Should -Be "$($sandbox.EndpointUrl)"
    }

    It 'is joined by Start-Job with GetEnvironment()' {
        $variables = $sandbox.GetEnvironment()
        Start-Job { Import-Module $using:Module; ($using:variables).GetEnumerator() | ForEach-Object { Set-Item "Env:$($_.Key)" $_.Value }; Get-RunctlInstance -ErrorAction Stop | Out-Null; "$((Get-RunctlConfiguration EndpointUrl).Value)" } |
            Receive-Job -Wait -AutoRemoveJob | Should -Be "$($sandbox.EndpointUrl)"
    }

    It 'is joined by a background command (&) with its environment' {
        $variables = $sandbox.GetEnvironment()
        $variables.GetEnumerator() | ForEach-Object { Set-Item "Env:$($_.Key)" $_.Value }
        try {
            $job = & { Import-Module $Module; "$((Get-RunctlConfiguration EndpointUrl).Value)" } &
            $job | Receive-Job -Wait -AutoRemoveJob | Should -Be "$($sandbox.EndpointUrl)"
        }
        finally {
            Remove-Item ($variables.Keys | ForEach-Object { "Env:$_" })
        }
    }

    It 'is the one before again when the newest is stopped' {
        $second = Start-RunctlSandbox -UseAsDefault
        "$((Get-RunctlConfiguration EndpointUrl).Value)" | Should -Be "$($second.EndpointUrl)"
        $second.IsDefault, $sandbox.IsDefault | Should -Be @($true, $false)
        $second | Stop-RunctlSandbox
        "$((Get-RunctlConfiguration EndpointUrl).Value)" | Should -Be "$($sandbox.EndpointUrl)"
        $sandbox.IsDefault | Should -BeTrue
    }

    It 'can be made the default again, and the error without one names it' {
        Set-RunctlSandbox -UseAsDefault:$false
        { Get-RunctlInstance -ErrorAction Stop } | Should -Throw "*$($sandbox.EndpointUrl)*" -ErrorId 'RegionMissing,*'
        $sandbox | Set-RunctlSandbox -UseAsDefault
        $sandbox.IsDefault | Should -BeTrue
        { Get-RunctlInstance -ErrorAction Stop } | Should -Not -Throw
    }

    It 'ends with the runspace that started it' {
        $endpoint = Start-ThreadJob { Import-Module $using:Module; "$((Start-RunctlSandbox).EndpointUrl)" } | Receive-Job -Wait -AutoRemoveJob
        Wait-Until { try { [Net.Http.HttpClient]::new().GetAsync("$endpoint/_sandbox").GetAwaiter().GetResult() | Out-Null; $false } catch { $true } }
        "$((Get-RunctlConfiguration EndpointUrl).Value)" | Should -Be "$($sandbox.EndpointUrl)"
    }
}

Describe 'The end of a monitor that would resume a run' -Skip:(-not $IsLinux) {
    It 'is a warning with the run and the way to resume it, at Stop-Job and at the end of the session' {
        Set-Content train.py "import time`ntime.sleep(600)"
        $shown = Invoke-Shell @'
            $null = Start-RunctlSandbox -UseAsDefault -BootTime 100ms
            $run = New-RunctlSpotInstance g5.xlarge -IamInstanceProfile RunctlSandbox -Wait | Start-RunctlTraining ./train.py -SyncCode -AutoResume
            Stop-Job -Name $run.MonitorJob
            'between'
            $null = Watch-RunctlSpotInterruption $run.RunId -AutoResume -AsJob
            "run $($run.RunId)"
'@
        $shown -match 'run (\S+-[0-9a-f]{6})' | Should -BeTrue
        $id = $Matches[1]
        $first, $second = $shown -split 'between', 2
        ($first -replace '\s+', ' ') | Should -Match "Nothing resumes run $id any more.*Resume-RunctlTraining $id"
        ($second -replace '\s+', ' ') | Should -Match "Nothing resumes run $id any more.*Resume-RunctlTraining $id"
    }
}

Describe 'exit' -Skip:(-not $IsLinux) {
    It 'says what it does if that takes long' {
        Invoke-Shell @'
            $null = Start-RunctlSandbox -UseAsDefault -BootTime 100ms -SsmOffline -Fault @{ Operation = 'ec2:TerminateInstances'; Kind = 'Delay'; Delay = '4s' }
            $null = New-RunctlSpotInstance g5.xlarge -IamInstanceProfile RunctlSandbox -Wait -AsJob
            while (-not (Get-RunctlInstance | Where-Object State -EQ running)) { Start-Sleep -Milliseconds 100 }
            exit
'@ | Should -Match 'Runctl ends what this session has started'
    }
}
