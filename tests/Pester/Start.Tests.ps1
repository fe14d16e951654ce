param([Parameter(Mandatory)] [string] $Module)

BeforeAll {
    Import-Module $Module -Force
    $sandbox = Start-RunctlSandbox -UseAsDefault -BootTime 100ms
    $project = New-Item -ItemType Directory (Join-Path ([IO.Path]::GetTempPath()) "runctl-start-$([Guid]::NewGuid())")
    Push-Location $project
    Set-Content .runctl.toml ''
    Set-Content train.py 'import time; print("training", flush=True); time.sleep(600)'
    Set-Content dies.py 'print("about to die", flush=True); raise SystemExit(3)'
    $launch = @{ InstanceType = 'g5.xlarge', 'g4dn.xlarge'; SyncCode = $true; NoMonitor = $true; WarningAction = 'SilentlyContinue'; InformationAction = 'SilentlyContinue' }

    function Get-Living { Get-RunctlInstance | Where-Object State -In 'pending', 'running' }
    function Get-Failure([scriptblock] $Command) {
        $ErrorActionPreference = 'Continue'
        try { & $Command 2>&1 | Where-Object { $_ -is [Management.Automation.ErrorRecord] } } catch { $_ }
    }
}

AfterAll {
    Pop-Location
    Stop-RunctlSandbox $sandbox
    Remove-Item -Recurse -Force $project
}

Describe 'Start-RunctlTraining -InstanceType' -Skip:(-not $IsLinux) {
    It 'launches an instance, waits for it and trains there' {
        $run = Start-RunctlTraining ./train.py @launch
        $run.State | Should -Be 'running'
        (Get-Living).InstanceId | Should -Be $run.InstanceId
        (Get-Living).InstanceType | Should -BeIn 'g5.xlarge', 'g4dn.xlarge'
        Stop-RunctlTraining $run | Out-Null
        Remove-RunctlInstance $run.InstanceId -Confirm:$false | Out-Null
    }

    It 'launches nothing for <Case>: <Id>' -ForEach @(
        @{ Case = 'a script that is missing'; Id = 'ScriptMissing'; Typed = { Start-RunctlTraining ./nope.py @launch } }
        @{ Case = 'a script outside the project'; Id = 'ScriptOutsideProject'; Typed = { Start-RunctlTraining /bin/true -ProjectDirectory . @launch } }
        @{ Case = 'a bucket that is not there'; Id = 'BucketNotFound'; Typed = { Start-RunctlTraining ./train.py @launch -S3Bucket my-chekcpoint-bucket } }
        @{ Case = 'an instance profile that is not there'; Id = 'InstanceProfileNotFound'; Typed = { Start-RunctlTraining ./train.py @launch -IamInstanceProfile Nope } }
        @{ Case = 'an image that is not there'; Id = 'ImageNotFound'; Typed = { Start-RunctlTraining ./train.py @launch -ImageId ami-00000000000000000 } }
        @{ Case = 'a security group that is not there'; Id = 'SecurityGroupNotFound'; Typed = { Start-RunctlTraining ./train.py @launch -SecurityGroupId sg-00000000000000000 } }
        @{ Case = 'a subnet that is not there'; Id = 'SubnetNotFound'; Typed = { Start-RunctlTraining ./train.py @launch -SubnetId subnet-00000000000000000 } }
        @{ Case = 'a price below every price'; Id = 'PriceLimitTooLow'; Typed = { Start-RunctlTraining ./train.py @launch -MaxPrice 0.001 } }
        @{ Case = 'another region than that of the sandbox'; Id = 'SandboxElsewhere'; Typed = { Start-RunctlTraining ./train.py @launch -Region eu-west-1 } }
        @{ Case = 'a profile that does not exist'; Id = 'ProfileUnusable'; Typed = { Start-RunctlTraining ./train.py @launch -ProfileName nope } }
        @{ Case = 'code that nothing brings'; Id = 'CodeNotBrought'; Typed = { Start-RunctlTraining ./train.py -InstanceType g5.xlarge -NoMonitor } }
        @{ Case = 'no instance and no type'; Id = 'InstanceNotNamed'; Typed = { Start-RunctlTraining ./train.py -SyncCode } }
        @{ Case = 'an instance and a type'; Id = 'InstanceNamedTwice'; Typed = { Start-RunctlTraining ./train.py i-0123456789abcdef0 @launch } }
    ) {
        $failure = Get-Failure $Typed
        $failure[0].FullyQualifiedErrorId | Should -BeLike "$Id,*"
        $failure[0].ErrorDetails.RecommendedAction | Should -Not -BeNullOrEmpty
        Get-RunctlInstance | Where-Object State -In 'pending', 'running' | Should -BeNullOrEmpty
    }

    It 'reports all that one look finds' {
        $failures = Get-Failure { Start-RunctlTraining ./train.py @launch -S3Bucket no-such-bucket -IamInstanceProfile Nope }
        ($failures.FullyQualifiedErrorId -replace ',.*' | Sort-Object) -join ' ' | Should -Be 'BucketNotFound InstanceProfileNotFound'
    }

    It 'names both ways if neither an instance nor a type is given' {
        (Get-Failure { Start-RunctlTraining ./train.py })[0].ErrorDetails.RecommendedAction | Should -Match '-InstanceId.*-InstanceType'
    }

    It 'shows target, place and price with -WhatIf and changes nothing' {
        $record = [IO.Path]::GetTempFileName()
        try {
            Start-Transcript $record | Out-Null
            Start-RunctlTraining ./train.py @launch -WhatIf
        }
        finally {
            Stop-Transcript | Out-Null
        }
        $shown = (Get-Content $record -Raw) -replace '\s+', ' '
        Remove-Item $record
        foreach ($part in 'train.py', 'g5.xlarge or g4dn.xlarge', 'us-east-1', 'USD an hour', 's3://runctl-sandbox/') {
            $shown | Should -Match ([regex]::Escape($part))
        }
        Get-Living | Should -BeNullOrEmpty
    }

    It 'returns a training that ended at once, with an error that names its run, its output and what its instance costs' {
        $run = Start-RunctlTraining ./dies.py @launch -ErrorAction SilentlyContinue -ErrorVariable failure
        $run.State, $run.ExitCode | Should -Be 'failed', 3
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'TrainingFailed,*'
        $failure[0].Exception.Message | Should -Match $run.RunId
        $failure[0].Exception.Message | Should -Match 'about to die'
        $failure[0].ErrorDetails.RecommendedAction | Should -Match "Get-RunctlTrainingLog $($run.RunId).*keeps costing [0-9.]+ USD/h: Remove-RunctlInstance $($run.InstanceId)$"
        Get-RunctlTrainingLog $run | Should -Contain 'about to die'
        Remove-RunctlInstance $run.InstanceId -Confirm:$false | Out-Null
    }

    It 'leaves no instance if it is stopped <After> ms after it began' -ForEach @(@{ After = 300 }, @{ After = 1500 }) {
        $shell = [powershell]::Create()
        $shell.Runspace.SessionStateProxy.Path.SetLocation($project) | Out-Null
        $null = $shell.AddScript({
                param($Module, $Endpoint, $Launch)
                Import-Module $Module
                Start-RunctlTraining ./train.py @Launch -EndpointUrl $Endpoint -S3Bucket runctl-sandbox -IamInstanceProfile RunctlSandbox
            }).AddArgument($Module).AddArgument($sandbox.EndpointUrl).AddArgument($launch)
        $started = $shell.BeginInvoke()
        Start-Sleep -Milliseconds $After
        $shell.Stop()
        # What was launched is removed in the background.
        $until = [DateTime]::UtcNow.AddSeconds(60)
        do { Start-Sleep -Milliseconds 200 } while ((Get-Living) -and [DateTime]::UtcNow -lt $until)
        Get-Living | Should -BeNullOrEmpty
        $shell.Dispose()
    }
}

Describe 'Start-RunctlTraining on an instance' -Skip:(-not $IsLinux) {
    It 'leaves no run of a start that was refused there' {
        $instance = New-RunctlSpotInstance g5.xlarge -Wait
        $before = @(Get-RunctlTraining).RunId
        $failure = Get-Failure { $instance | Start-RunctlTraining ./train.py -NoMonitor -InformationAction SilentlyContinue }
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'ScriptNotFound,*'
        @(Get-RunctlTraining).RunId | Should -Be $before
        Remove-RunctlInstance $instance.InstanceId -Confirm:$false | Out-Null
    }

    It 'says that a run from the pipeline has no checkpoint, and which commands help' {
        $run = Start-RunctlTraining ./train.py @launch
        foreach ($typed in { $run | Start-RunctlTraining ./train.py @launch }, { Start-RunctlTraining ./train.py @launch -ResumeFrom $run }) {
            $failure = Get-Failure $typed
            $failure[0].FullyQualifiedErrorId | Should -BeLike 'NothingToResumeFrom,*'
            $failure[0].Exception.Message | Should -Be "Run $($run.RunId) has no checkpoint to begin from."
            $failure[0].ErrorDetails.RecommendedAction | Should -Match "Resume-RunctlTraining $($run.RunId) -FromScratch.*-InstanceId $($run.RunId)"
        }
        Stop-RunctlTraining $run -RemoveInstance | Out-Null
    }

    It 'ends a failure with what the instance costs' {
        $instance = New-RunctlSpotInstance g5.xlarge -Wait
        $failure = Get-Failure { $instance | Start-RunctlTraining ./train.py -SyncCode -S3Bucket no-such-bucket }
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'BucketNotFound,*'
        $failure[0].ErrorDetails.RecommendedAction | Should -Match "Instance $($instance.InstanceId) keeps costing [0-9.]+ USD/h: Remove-RunctlInstance $($instance.InstanceId)$"
        Remove-RunctlInstance $instance.InstanceId -Confirm:$false | Out-Null
    }
}

Describe 'A connection that cannot work' -Skip:(-not $IsLinux) {
    It 'says which types are unknown, and only those' {
        $failure = Get-Failure { New-RunctlSpotInstance g5.xlarge, c7g.lrage }
        $failure[0].Exception.Message | Should -Match 'c7g\.lrage'
        $failure[0].Exception.Message | Should -Not -Match 'g5\.xlarge'
    }

    It 'says that a missing profile is missing, also beside an endpoint: <Endpoint>' -ForEach @(@{ Endpoint = $false }, @{ Endpoint = $true }) {
        $connection = if ($Endpoint) { @{ EndpointUrl = $sandbox.EndpointUrl } } else { @{} }
        $failure = Get-Failure { Get-RunctlInstance -ProfileName nope @connection }
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'ProfileUnusable,*'
        $failure[0].Exception.Message | Should -Match "no profile 'nope'"
    }

    It 'says which region the sandbox is' {
        (Get-Failure { Get-RunctlInstance -Region eu-west-1 })[0].Exception.Message | Should -Match 'is in us-east-1, not in eu-west-1'
    }

    It 'says that the sandbox of an object has been stopped' {
        $other = Start-RunctlSandbox -BootTime 100ms
        $instance = New-RunctlSpotInstance g5.xlarge -EndpointUrl $other.EndpointUrl -IamInstanceProfile RunctlSandbox
        Stop-RunctlSandbox $other
        $failure = Get-Failure { $instance | Get-RunctlInstance }
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'SandboxStopped,*'
        $failure[0].Exception.Message | Should -BeLike "The sandbox at $($other.EndpointUrl) has been stopped*"
    }

    It 'takes a refused connection for an answer, and does not try for long' {
        $began = [DateTime]::UtcNow
        $env:AWS_ACCESS_KEY_ID, $env:AWS_SECRET_ACCESS_KEY = 'AKIDEXAMPLE', 'secret'
        try { $failure = Get-Failure { Get-RunctlInstance -EndpointUrl http://127.0.0.1:9/ -Region us-east-1 } }
        finally { $env:AWS_ACCESS_KEY_ID = $env:AWS_SECRET_ACCESS_KEY = $null }
        $failure[0].Exception.Message | Should -Match 'refused the connection'
        $failure[0].Exception.Message | Should -Not -Match 'no answer'
        ([DateTime]::UtcNow - $began).TotalSeconds | Should -BeLessThan 15
    }

    It 'says that banana is not a duration' {
        New-Item -ItemType Directory banana | Push-Location
        Set-Content .runctl.toml "[spot]`npoll_interval = 'banana'"
        try { $failure = Get-Failure { Get-RunctlConfiguration } }
        finally { Pop-Location }
        $failure[0].Exception.Message | Should -Match "'banana' is not a duration"
    }
}
