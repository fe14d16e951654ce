param([Parameter(Mandatory)] [string] $Module)

BeforeAll {
    Import-Module $Module -Force
    if (-not $IsLinux) { return }
    $sandbox = Start-RunctlSandbox -UseAsDefault
    $project = Join-Path $TestDrive 'gap'
    New-Item -ItemType Directory $project | Out-Null
    Set-Content "$project/.runctl.toml" ''
    Set-Content "$project/train.py" @'
import os, signal, sys, time
print("begun", flush=True)
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
    time.sleep(0.05)
    # A save is over two seconds after its last write: the pause between two has to be longer.
    if step % 100 == 20:
        save()
'@

    function Wait-Until([scriptblock] $Condition, [string] $What) {
        $limit = [DateTime]::UtcNow.AddSeconds(120)
        while (-not (& $Condition)) {
            if ([DateTime]::UtcNow -gt $limit) { throw "It did not come about that $What." }
            Start-Sleep -Milliseconds 200
        }
    }

    function Interrupt-Run {
        Wait-Until { (Get-RunctlTraining $run).Checkpoint } 'the run has a checkpoint'
        $null = Invoke-RunctlInterruptionDrill $run -Window 8s -PollInterval 250ms -WarningAction SilentlyContinue
    }
}

AfterAll {
    if ($sandbox) { $sandbox | Stop-RunctlSandbox }
}

Describe 'A run that is interrupted, before the session that resumes it has claimed it' -Skip:(-not $IsLinux) {
    BeforeAll {
        # The monitor does not ask again in time.
        $run = Start-RunctlTraining "$project/train.py" -InstanceType g5.xlarge -SyncCode -AutoResume -PollInterval 1h
        Interrupt-Run
    }

    It 'has not ended, and says that this session resumes it' {
        $now = Get-RunctlTraining $run
        $now.State, $now.StateReason, $now.HasEnded | Should -Be 'interrupted', 'this session resumes it', $false
        $now | Format-Table | Out-String -Width 120 | Should -Match 'this session resumes it'
        $now | Format-List | Out-String -Width 120 | Should -Match 'StateReason +: this session resumes it'
        ($now | ConvertTo-Json -Depth 4 | ConvertFrom-Json).StateReason | Should -Be 'this session resumes it'
    }

    It 'has no processes, and the error names what waits and what ends the run' {
        Get-RunctlProcess $run -ErrorAction SilentlyContinue -ErrorVariable failed | Should -BeNullOrEmpty
        $failed[0].FullyQualifiedErrorId | Should -Match '^RunBetweenAttempts,'
        $failed[0].ErrorDetails.RecommendedAction | Should -Match "Get-RunctlTrainingLog $($run.RunId) -Follow .* Stop-RunctlTraining $($run.RunId)"
    }

    It 'has the log of its attempt, and the warning names the command that continues' {
        Get-RunctlTrainingLog $run -WarningAction SilentlyContinue -WarningVariable warned | Should -Contain 'begun'
        "$warned" | Should -Match "this session resumes it.*Get-RunctlTrainingLog $($run.RunId) -Follow"
    }

    It 'is not removed with the instance that it was on' {
        { Remove-RunctlInstance $run -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'RunIsResumed*'
        $run.HasEnded | Should -BeFalse
    }

    It 'is resumed no more after Remove-RunctlInstance -Force' {
        Remove-RunctlInstance $run -Force -Confirm:$false
        $now = Get-RunctlTraining $run
        $now.State, $now.StateReason, $now.HasEnded | Should -Be 'interrupted', $null, $true
        Get-RunctlInstance | Where-Object State -NotIn 'shutting-down', 'terminated' | Should -BeNullOrEmpty
    }
}

Describe 'A run that is followed while it is interrupted and resumed' -Skip:(-not $IsLinux) {
    BeforeAll {
        $run = Start-RunctlTraining "$project/train.py" -InstanceType g5.xlarge -SyncCode -AutoResume -PollInterval 500ms
        $followed = Get-RunctlTrainingLog $run -Follow -PollInterval 500ms -Verbose -AsJob
        Set-RunctlSandbox -PoolError @{ 'g5.xlarge' = 'InsufficientInstanceCapacity' }
        Interrupt-Run
        Wait-Until { (Get-RunctlTraining $run).State -eq 'claimed' } 'this session has claimed the run, and waits for capacity'
    }

    It 'says that this session resumes it, while it waits for capacity' {
        (Get-RunctlTraining $run).StateReason | Should -Be 'this session resumes it'
        Get-RunctlProcess $run -ErrorAction SilentlyContinue -ErrorVariable failed | Should -BeNullOrEmpty
        "$($failed[0])" | Should -Match 'this session prepares its attempt 2'
        $null = Get-RunctlTrainingLog $run -WarningAction SilentlyContinue -WarningVariable warned
        "$warned" | Should -Match "this session prepares it.*Get-RunctlTrainingLog $($run.RunId) -Attempt 1"
        { Remove-RunctlInstance $run -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'RunIsResumed*'
    }

    It 'continues in the log that follows it, which says what it waits for' {
        Wait-Until { $followed.Verbose.Message -match 'The command waits for the next attempt: attempt 2 is prepared by' } 'the follower says what it waits for'
        Set-RunctlSandbox -PoolError @{ 'g5.xlarge' = $null }
        Wait-Until { @($followed.Output -eq 'begun').Count -eq 2 } 'the log continues in the next attempt'
        (Get-RunctlTraining $run).StateReason | Should -BeNullOrEmpty
    }

    It 'ends for those who follow it when it is stopped' {
        (Stop-RunctlTraining $run).State | Should -Be 'stopped'
        $null = Wait-Job $followed -Timeout 60
        $followed.State | Should -Be 'Completed'
        $followed.Warning | Should -BeNullOrEmpty
        Remove-RunctlInstance $run -Confirm:$false
    }
}
