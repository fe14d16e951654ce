param([Parameter(Mandatory)] [string] $Module)

BeforeDiscovery {
    $kinds = 'Sandbox', 'Instance', 'Training', 'Checkpoint', 'CheckpointFile', 'Event', 'DrillReport', 'Phase', 'ToldProcess', 'Process', 'Usage', 'Setting', 'SetupCheck', 'Policy', 'Statement', 'Fault', 'Condition'
}

BeforeAll {
    Import-Module $Module -Force
    $sandbox = Start-RunctlSandbox -UseAsDefault -BootTime 100ms -Fault @{ Operation = 's3:NoSuchOperation'; Kind = 'Throttling' }
    $project = New-Item -ItemType Directory (Join-Path ([IO.Path]::GetTempPath()) "runctl-objects-$([Guid]::NewGuid())")
    Push-Location $project
    Set-Content .runctl.toml ''
    Set-Content train.py @'
import json, os, signal, sys, time
stop = []
signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
os.makedirs("checkpoints", exist_ok=True)
step = 0
while True:
    step += 1
    for _ in range(5 if not stop else 1):
        if stop:
            break
        time.sleep(0.1)
    with open("checkpoints/step.tmp", "w") as file:
        json.dump({"step": step}, file)
    os.replace("checkpoints/step.tmp", "checkpoints/step_%d.json" % step)
    print("step", step, flush=True)
    if stop:
        sys.exit(0)
'@
    $quiet = @{ WarningAction = 'SilentlyContinue'; InformationAction = 'SilentlyContinue' }
    $launched = New-RunctlSpotInstance -InstanceType g5.xlarge -IamInstanceProfile $sandbox.IamInstanceProfile -Wait @quiet
    $run = $launched | Start-RunctlTraining ./train.py -SyncCode -S3Bucket $sandbox.S3Bucket -CheckpointDirectory checkpoints -NoMonitor @quiet
    $usage = Get-RunctlProcess $run -Detailed @quiet
    $condition = $sandbox.GetCondition($launched.InstanceId)
    $before = Get-RunctlEvent $run -S3Bucket $sandbox.S3Bucket
    $report = Invoke-RunctlInterruptionDrill $run -Window 10s -S3Bucket $sandbox.S3Bucket @quiet
    $saved = Get-RunctlCheckpoint -RunId $run.RunId -S3Bucket $sandbox.S3Bucket @quiet | Select-Object -First 1
    $policy = Get-RunctlPolicy -For Instance -S3Bucket $sandbox.S3Bucket @quiet | Select-Object -First 1
    $all = @{
        Sandbox = $sandbox; Instance = Get-RunctlInstance $launched.InstanceId @quiet; Training = $run; Checkpoint = $saved; CheckpointFile = $saved.Files[0]
        Event = $report.Events[-1]; DrillReport = $report; Phase = $report.Phases[0]; ToldProcess = $report.Processes[0]; Process = $usage.Processes[0]; Usage = $usage
        Setting = Get-RunctlConfiguration S3Bucket; SetupCheck = Test-RunctlSetup -S3Bucket $sandbox.S3Bucket @quiet | Select-Object -First 1
        Policy = $policy; Statement = $policy.Statements[0]; Fault = $sandbox.Faults[0]; Condition = $condition
    }
}

AfterAll {
    Pop-Location
    Stop-RunctlSandbox $sandbox
    Remove-Item -Recurse -Force $project
}

Describe 'An object of the kind <_>' -Skip:(-not $IsLinux) -ForEach $kinds {
    BeforeAll {
        $kind = $_
        $object = $all[$kind]
        $names = $object.PSObject.Properties.Name
    }

    It 'is there' { $object | Should -Not -BeNullOrEmpty }

    It 'reads as a short text on one line' {
        "$object" | Should -Not -Match '\{|System\.|Runctl\.\w+\.'
        if ($kind -notin 'Policy') { "$object" | Should -Not -Match "`n" }
    }

    It 'cannot be changed' {
        foreach ($name in $names) { { $object.$name = $null } | Should -Throw -Because $name }
        ($object | Get-Member -MemberType Method).Name | Should -Not -Contain '<Clone>$'
    }

    It 'shows each property in Format-List *' {
        $text = $object | Format-List * | Out-String -Width 200
        foreach ($name in $names) { $text | Should -Match "(?m)^(\e\[[\d;]*m)?$name\s*:" }
    }

    It 'shows the wanted properties in Format-Table, Select-Object, Sort-Object, Group-Object and Where-Object' {
        $first = $names[0]
        ($object | Format-Table $first | Out-String) | Should -Match $first
        ($object | Select-Object $first).$first | Should -Be $object.$first
        ($object | Sort-Object $first | Group-Object $first).Count | Should -Be 1
        $object | Where-Object $first -EQ $object.$first | Should -Be $object
    }

    It 'has text in each cell of Export-Csv' {
        $object | Export-Csv ./object.csv
        $row = Import-Csv ./object.csv
        $row.PSObject.Properties.Name | Should -Be $names
        foreach ($name in $names) { $row.$name | Should -Not -Match '`\d|^System\.|Runctl\.\w+\.|Deserialized' -Because $name }
    }

    It 'keeps its properties and times in ConvertTo-Json' {
        $back = $object | ConvertTo-Json -WarningAction SilentlyContinue | ConvertFrom-Json
        $back.PSObject.Properties.Name | Should -Be $names
        foreach ($name in $names) {
            if ($object.$name -is [datetime]) {
                $back.$name.Kind | Should -Be 'Utc'
                $back.$name | Should -Be $object.$name
            }
            elseif ($object.$name -is [string] -or $object.$name -is [ValueType] -and $object.$name -isnot [enum] -and $object.$name -isnot [timespan]) { $back.$name | Should -Be $object.$name -Because $name }
        }
    }

    It 'keeps its properties and times in Clixml' {
        $object | Export-Clixml ./object.xml
        $back = Import-Clixml ./object.xml
        foreach ($name in $names) {
            if ($object.$name -is [datetime]) { $back.$name.Kind | Should -Be 'Utc' }
            if ($object.$name -is [string] -or $object.$name -is [ValueType] -and $object.$name -isnot [enum]) { $back.$name | Should -Be $object.$name -Because $name }
        }
    }

    It 'has no time of another kind than UTC' {
        foreach ($name in $names) {
            $object.$name | Should -Not -BeOfType DateTimeOffset -Because $name
            if ($object.$name -is [datetime]) { $object.$name.Kind | Should -Be 'Utc' -Because $name }
        }
    }
}

Describe 'Details of objects' -Skip:(-not $IsLinux) {
    It 'are plain values in an event, in JSON and in Clixml too' {
        $event = $report.Events | Where-Object Kind -EQ InterruptionHandled
        $event.Data.outcome | Should -Be 'uploaded'
        $event.Data.phases.name | Should -Contain 'upload'
        ($event | ConvertTo-Json -Depth 5 | ConvertFrom-Json).Data.outcome | Should -Be 'uploaded'
        $event | Export-Clixml ./event.xml
        (Import-Clixml ./event.xml).Data.outcome | Should -Be 'uploaded'
        ($event | ConvertTo-Csv)[1] | Should -Match 'outcome=uploaded'
    }

    It 'show the asked-for columns of events' {
        ($report.Events | Format-Table Time, Kind | Out-String) | Should -Match '(?s)Time.*Kind.*InterruptionHandled'
    }

    It 'know age and cost of a new instance at once' {
        $launched.Age | Should -BeGreaterThan ([timespan]::Zero)
        $launched.Cost | Should -BeGreaterThan 0
        $launched.Currency | Should -Be 'USD'
    }
}

Describe 'Get-RunctlEvent' -Skip:(-not $IsLinux) {
    It 'gets what has happened so far, from the guard too' {
        $before.Kind | Should -Contain 'TrainingStarted'
    }

    It 'gets each event once and in order, by object, id and instance' {
        foreach ($one in $run, $run.RunId, $run.InstanceId) {
            $events = Get-RunctlEvent $one -S3Bucket $sandbox.S3Bucket
            $events.Kind[0] | Should -Be 'TrainingStarted'
            $events.Kind | Should -Contain 'InterruptionHandled'
            $events.Sequence | Should -Be ($events.Sequence | Sort-Object -Unique)
        }
    }

    It 'chooses by kind, time and attempt' {
        (Get-RunctlEvent $run -S3Bucket $sandbox.S3Bucket -Kind interruption*).Kind | Sort-Object -Unique | Should -Be 'InterruptionDetected', 'InterruptionHandled', 'InterruptionTime'
        Get-RunctlEvent $run -S3Bucket $sandbox.S3Bucket -Since ([datetime]::UtcNow.AddMinutes(5)) | Should -BeNullOrEmpty
        Get-RunctlEvent $run -S3Bucket $sandbox.S3Bucket -Attempt 2 | Should -BeNullOrEmpty
    }

    It 'ends following when the run is over' {
        (Get-RunctlEvent $run -S3Bucket $sandbox.S3Bucket -Follow -PollInterval 200ms -Kind InterruptionHandled).Count | Should -Be 1
    }

    It 'completes kinds' {
        (TabExpansion2 'Get-RunctlEvent x -Kind Interruption' 36).CompletionMatches.CompletionText | Should -Contain 'InterruptionDetected'
    }
}
