param([Parameter(Mandatory)] [string] $Module)

BeforeDiscovery {
    $forms = @(
        @{ Form = 'its object'; Of = { $run } }
        @{ Form = 'its id'; Of = { $run.RunId } }
        @{ Form = 'JSON of it'; Of = { $run | ConvertTo-Json -Depth 4 | ConvertFrom-Json } }
    )
}

BeforeAll {
    Import-Module $Module -Force
    if (-not $IsLinux) { return }
    $sandbox = Start-RunctlSandbox -UseAsDefault
    $project = Join-Path $TestDrive 'steps'
    New-Item -ItemType Directory $project | Out-Null
    Set-Content "$project/.runctl.toml" ''
    Set-Content "$project/train.py" @'
import os, signal, sys, time
os.makedirs("checkpoints", exist_ok=True)
step = int(open(sys.argv[sys.argv.index("--resume") + 1]).read()) if "--resume" in sys.argv else 0
def save():
    with open("checkpoints/.part", "w") as part:
        part.write(str(step))
    os.replace("checkpoints/.part", "checkpoints/step_%d.txt" % step)
def leave(*_):
    save()
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
while True:
    step += 1
    print("step", step, flush=True)
    time.sleep(0.05)
    # A save is over two seconds after its last write: the pause between two has to be longer.
    if step % 100 == 20:
        save()
'@
}

AfterAll {
    if ($sandbox) { $sandbox | Stop-RunctlSandbox }
}

Describe 'A run that goes on on another instance' -Skip:(-not $IsLinux) {
    BeforeAll {
        $run = New-RunctlSpotInstance g5.xlarge -Wait | Start-RunctlTraining "$project/train.py" -SyncCode -AutoResume -PollInterval 500ms
        while (-not (Get-RunctlTraining $run).Checkpoint) { Start-Sleep -Milliseconds 200 }
        $null = Invoke-RunctlInterruptionDrill $run -Window 8s -PollInterval 250ms -WarningAction SilentlyContinue
        $limit = [DateTime]::UtcNow.AddSeconds(90)
        while ($run.Instance -eq $run.InstanceId -and [DateTime]::UtcNow -lt $limit) { Start-Sleep -Milliseconds 200 }
    }

    It 'shows where it is now, and what was read when' {
        $run.Instance | Should -Match '^i-' -Because 'the session follows the run'
        $run.Instance | Should -Not -Be $run.InstanceId
        $run.HasEnded | Should -BeFalse
        (Get-RunctlInstance $run.Instance).State | Should -Be 'running'
    }

    It 'is meant in its newest attempt by <Form>' -ForEach $forms {
        $now = Get-RunctlTraining (& $Of)
        $now.Attempt | Should -Be 2
        $now.InstanceId | Should -Be $run.Instance
        $now.ExitCode | Should -BeNullOrEmpty
    }

    It 'is meant by the id of its lost instance too' {
        $now = Get-RunctlTraining -InstanceId $run.InstanceId
        $now.RunId, $now.Attempt | Should -Be $run.RunId, 2
    }

    It 'shows an older attempt by its number, and says which there are' {
        Get-RunctlTrainingLog $run -Attempt 1 -Tail 1 | Should -Match '^step'
        { Get-RunctlTrainingLog $run -Attempt 7 -ErrorAction Stop } | Should -Throw -ErrorId 'AttemptNotFound*'
        $first = Get-RunctlTraining $run -Attempt 1
        $first.Attempt, $first.State, $first.InstanceId | Should -Be 1, 'interrupted', $run.InstanceId
        (Get-RunctlTraining $run).Attempt | Should -Be 2 -Because 'a look at an older attempt changes nothing of the run'
        { Get-RunctlTraining $run -Attempt 7 -ErrorAction Stop } | Should -Throw -ErrorId 'AttemptNotFound*'
        Get-RunctlTraining "$run*" -Attempt 7 -ErrorAction Stop | Should -BeNullOrEmpty
        (Get-RunctlTraining -Attempt 1 -State interrupted).RunId | Should -Contain $run.RunId
    }

    It 'is waited for, not for its interrupted attempt' {
        { Wait-RunctlTraining $run -Timeout 3s -ErrorAction Stop } | Should -Throw -ErrorId 'WaitTimedOut*'
    }

    It 'leaves no instance when it is stopped and its instance is removed' {
        $stopped = Stop-RunctlTraining $run
        $stopped.State, $stopped.Attempt | Should -Be 'stopped', 2
        (Wait-RunctlTraining $run).State | Should -Be 'stopped'
        $run | ConvertTo-Json -Depth 4 | ConvertFrom-Json | Remove-RunctlInstance -Confirm:$false -Wait
        Get-RunctlInstance | Should -BeNullOrEmpty
    }
}

Describe 'A run that is stopped' -Skip:(-not $IsLinux) {
    It 'is resumed on its instance, which lives, and goes with it' {
        $first = New-RunctlSpotInstance g5.xlarge -Wait | Start-RunctlTraining "$project/train.py" -SyncCode -NoMonitor
        while (-not (Get-RunctlTraining $first).Checkpoint) { Start-Sleep -Milliseconds 200 }
        (Stop-RunctlTraining $first).ExitCode | Should -BeNullOrEmpty
        $second = Resume-RunctlTraining $first -NoMonitor -Environment @{ SEED = '7' }
        $second.InstanceId, $second.Attempt | Should -Be $first.InstanceId, 2
        @(Get-RunctlInstance).Count | Should -Be 1
        Stop-RunctlTraining $first -RemoveInstance | Should -Not -BeNullOrEmpty
        Get-RunctlInstance | Where-Object State -NotIn 'shutting-down', 'terminated' | Should -BeNullOrEmpty
    }
}
