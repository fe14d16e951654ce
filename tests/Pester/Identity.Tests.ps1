param([Parameter(Mandatory)] [string] $Module)

BeforeDiscovery {
    # What a user may put in the first place, with the cmdlets that take it: `$run` is a training, `$instance` the machine it is on.
    $cmdlets = 'Get-RunctlTraining', 'Get-RunctlInstance', 'Get-RunctlCheckpoint', 'Get-RunctlTrainingLog -Tail 1', 'Get-RunctlProcess', 'Get-RunctlEvent'
    $targets = '$run', '$instance', '$run.RunId', '$instance.InstanceId', "'identity-*'", "'i-*'", '($run | ConvertTo-Json -Depth 5 | ConvertFrom-Json)',
        '($instance | ConvertTo-Csv | ConvertFrom-Csv)', '@{ RunId = $run.RunId }', '$reservation', '$tail'
    $rows = foreach ($cmdlet in $cmdlets) { foreach ($target in $targets) { @{ Cmdlet = $cmdlet; Target = $target } } }
    $wrong = foreach ($cmdlet in $cmdlets + 'Stop-RunctlTraining', 'Wait-RunctlTraining', 'Remove-RunctlInstance', 'Save-RunctlCheckpoint') {
        @{ Cmdlet = $cmdlet; Given = "'no-such-run'"; Id = 'TrainingNotFound' }
        @{ Cmdlet = $cmdlet; Given = '$null'; Id = 'TargetMissing' }
        @{ Cmdlet = $cmdlet; Given = "''"; Id = 'TargetMissing' }
        @{ Cmdlet = $cmdlet; Given = '@()'; Id = 'TargetMissing' }
        @{ Cmdlet = $cmdlet; Given = '(Get-Item .)'; Id = 'TargetMissing' }
        @{ Cmdlet = $cmdlet; Given = '012345'; Id = 'TrainingNotFound' }
        @{ Cmdlet = $cmdlet; Given = "'zz-*'"; Id = $null }
    }
}

BeforeAll {
    Import-Module $Module -Force
    $sandbox = Start-RunctlSandbox -UseAsDefault -BootTime 0.1s
    $project = Join-Path $TestDrive 'identity'
    New-Item -ItemType Directory $project/checkpoints | Out-Null
    Push-Location $project
    Set-Content train.py @'
import os, time
for step in range(10000):
    print("step", step, flush=True)
    if step == 1:
        open("checkpoints/epoch_1.pt.tmp", "w").write("weights")
        os.rename("checkpoints/epoch_1.pt.tmp", "checkpoints/epoch_1.pt")
    time.sleep(0.2)
'@
    $instance = New-RunctlSpotInstance g5.xlarge -Wait
    $run = $instance | Start-RunctlTraining ./train.py -SyncCode -NoMonitor
    $tail = $run.RunId.Substring($run.RunId.Length - 6)
    $reservation = [pscustomobject]@{ ReservationId = 'r-1'; Instances = @([pscustomobject]@{ InstanceId = $instance.InstanceId; InstanceType = 'g5.xlarge' }) }
    $deadline = (Get-Date).AddMinutes(1)
    while (-not (Get-RunctlCheckpoint) -and (Get-Date) -lt $deadline) { Start-Sleep -Milliseconds 200 }

    function Complete([string] $line) { (TabExpansion2 $line $line.Length).CompletionMatches }
}

AfterAll {
    Pop-Location
    Stop-RunctlSandbox
}

Describe 'What a command works on' {
    It '<Cmdlet> takes <Target> in the first place' -ForEach $rows {
        $found = & ([scriptblock]::Create("$Cmdlet $Target -ErrorAction Stop"))
        $found | Should -Not -BeNullOrEmpty
    }

    It '<Cmdlet> takes <Target> from a pipeline' -ForEach $rows {
        $found = & ([scriptblock]::Create("$Target | $Cmdlet -ErrorAction Stop"))
        $found | Should -Not -BeNullOrEmpty
    }

    It '<Cmdlet> <Given> gives <Id>' -ForEach $wrong {
        $result = . ([scriptblock]::Create("$Cmdlet $Given -ErrorAction SilentlyContinue -ErrorVariable failures"))
        $result | Should -BeNullOrEmpty
        if ($Id) {
            $failures[0].FullyQualifiedErrorId | Should -BeLike "$Id,*"
            $failures[0].ErrorDetails.RecommendedAction | Should -Match 'Get-RunctlTraining'
        }
        else {
            $failures | Should -BeNullOrEmpty
        }
    }

    It 'names a run once however often and in whatever form it is given' {
        @(Get-RunctlTraining $run, $instance, $run.RunId, $instance.InstanceId, 'identity-*').Count | Should -Be 1
    }

    It 'finds the instance that a run is on' {
        (Get-RunctlInstance $run).InstanceId | Should -Be $instance.InstanceId
    }

    It 'takes what was selected of an instance for the instance, also if its run is elsewhere' {
        $selected = Get-RunctlInstance $instance | Select-Object InstanceId, RunId
        $selected.InstanceId, $selected.RunId = 'i-00000000000000000', $run.RunId
        { $selected | Get-RunctlInstance -ErrorAction Stop } | Should -Throw -ErrorId 'InstanceNotFound*'
    }

    It 'narrows lists to states' {
        (Get-RunctlTraining -State running).RunId | Should -Be $run.RunId
        Get-RunctlTraining -State failed | Should -BeNullOrEmpty
        (Get-RunctlInstance i-* -State running).InstanceId | Should -Be $instance.InstanceId
        Get-RunctlInstance -State stopped | Should -BeNullOrEmpty
    }

    It 'suggests the setting that was meant' {
        { Get-RunctlConfiguration S3Bukcet -ErrorAction Stop } | Should -Throw -ErrorId 'SettingNotFound*' -ExpectedMessage "*did you mean 'S3Bucket'*"
    }

    It 'downloads the newest checkpoint of a run' {
        (Save-RunctlCheckpoint $run -Destination (Join-Path $TestDrive down)).Name | Should -Be 'epoch_1.pt'
    }
}

Describe 'Completion' {
    It 'completes <Line> with <Expected>' -ForEach @(
        @{ Line = 'Stop-RunctlTraining '; Expected = '$run.RunId' }
        @{ Line = 'Get-RunctlTrainingLog '; Expected = '$run.RunId' }
        @{ Line = 'Get-RunctlCheckpoint '; Expected = '$run.RunId' }
        @{ Line = 'Remove-RunctlInstance '; Expected = '$instance.InstanceId' }
        @{ Line = 'Get-RunctlCheckpoint -Name '; Expected = "'epoch_1.pt'" }
        @{ Line = 'Get-RunctlCheckpoint -S3Bucket '; Expected = '$sandbox.S3Bucket' }
        @{ Line = 'New-RunctlSpotInstance -IamInstanceProfile '; Expected = '$sandbox.IamInstanceProfile' }
        @{ Line = 'Get-RunctlInstance -EndpointUrl '; Expected = '[string] $sandbox.EndpointUrl' }
        @{ Line = 'Get-RunctlEvent -Kind Interruption'; Expected = "'InterruptionDetected'" }
        @{ Line = 'Get-RunctlTraining -State run'; Expected = "'running'" }
    ) {
        (Complete $Line).CompletionText | Should -Contain (& ([scriptblock]::Create($Expected)))
    }

    It 'shows instance types in the order of their sizes, with vCPU, memory and GPU' {
        $types = Complete 'New-RunctlSpotInstance g5.'
        $types[0..3].CompletionText | Should -Be 'g5.xlarge', 'g5.2xlarge', 'g5.4xlarge', 'g5.8xlarge'
        $types[0].ToolTip | Should -Match '4 vCPU, 16 GiB, 1 x NVIDIA A10G'
    }

    It 'reads profiles from the files of the AWS CLI, in quotes where they are needed' {
        $before = $env:AWS_CONFIG_FILE
        try {
            $env:AWS_CONFIG_FILE = Join-Path $TestDrive config
            Set-Content $env:AWS_CONFIG_FILE '[default]', '[profile my own]', '[sso-session other]'
            $texts = (Complete 'Get-RunctlInstance -ProfileName ').CompletionText
            $texts | Should -Contain "'my own'"
            $texts | Should -Not -Contain 'other'
        }
        finally { $env:AWS_CONFIG_FILE = $before }
    }
}
