<#
.SYNOPSIS
Rehearses a spot interruption from end to end, without an AWS account.

.DESCRIPTION
Two acts, each in a sandbox. Each trains the same model twice: one training is left alone, and the other loses its instance in the
middle and goes on on a new one. Both must end with the same weights, byte for byte. In the first act a checkpoint is one file. In
the second it is two models and a pointer, written below a launcher that does not pass signals on. The exit code is 0 for PASS and
1 for FAIL.

.PARAMETER Epochs
How long to train in the first act.

.PARAMETER Window
Time from the interruption notice to the death of the instance. AWS gives two minutes.
#>
param(
    [int] $Epochs = 40,
    [string] $Window = '8s'
)

$ErrorActionPreference = 'Stop'
if (-not (Get-Module Runctl)) {
    $manifest = [IO.Path]::GetFullPath("$PSScriptRoot/../Runctl.psd1")
    if (-not [IO.File]::Exists($manifest)) {
        throw "The module is not beside this script: $manifest is missing. Run Import-Module Runctl first, or ./build.ps1 Rehearse in a clone."
    }
    Import-Module $manifest
}
$InformationPreference = 'Continue'
$began = [DateTime]::UtcNow
$results = [IO.Path]::Combine([IO.Path]::GetTempPath(), "runctl-rehearsal-$([Guid]::NewGuid().ToString('n'))")
$types = 'g5.xlarge', 'g4dn.xlarge'
$common = @{ ProjectDirectory = $PSScriptRoot; SyncCode = $true; PollInterval = '500ms' }
$acts = @(
    @{
        Title    = 'Act 1: a checkpoint is one file.'
        Training = $common + @{ Script = "$PSScriptRoot/train_digits.py"; ScriptArgument = '--epochs', $Epochs, '--seed', 7, '--step-seconds', 0.006 }
        NoticeAt = 500
        Final    = 'final.json'
    }
    @{
        Title    = 'Act 2: a checkpoint is two models and a pointer, and a launcher stands between.'
        Training = $common + @{ Script = "$PSScriptRoot/launch.py"; ScriptArgument = 'train_pair.py', '--steps', 1500, '--step-seconds', 0.01 }
        NoticeAt = 250
        Final    = 'forger_1500.pt', 'judge_1500.pt'
    }
)

$passed = 0
"Starting a sandbox: EC2, SSM, S3 and the instance metadata service on this machine's loopback."
$sandbox = Start-RunctlSandbox -UseAsDefault
try {
    foreach ($act in $acts) {
        $training = $act.Training
        ''
        $act.Title
        "Creating two spot instances: one to be interrupted, one to compare with."
        $instance, $undisturbed = New-RunctlSpotInstance -InstanceType $types -Count 2 -Wait
        $instance | Format-Table

        "Starting the same training on both."
        $reference = $undisturbed | Start-RunctlTraining @training -NoMonitor
        $run = $instance | Start-RunctlTraining @training
        $run | Format-Table

        "Training until step $($act.NoticeAt)."
        do { $now = Get-RunctlTraining $run.RunId } until ($now.LastStep -ge $act.NoticeAt -or $now.HasEnded)
        Get-RunctlTrainingLog $run -Tail 3

        "Raising an interruption notice: $Window until the instance is taken."
        $report = Invoke-RunctlInterruptionDrill $run -Window $Window -PollInterval 250ms
        $report | Format-Custom

        "Creating a replacement and going on from $($report.Checkpoint.Name)."
        $replacementBegan = [DateTime]::UtcNow
        $replacement = New-RunctlSpotInstance -InstanceType $types -Wait
        $replacementSeconds = ([DateTime]::UtcNow - $replacementBegan).TotalSeconds
        $resumed = $replacement | Start-RunctlTraining @training -ResumeFrom $report.Checkpoint
        Get-RunctlTrainingLog $resumed -Follow -PollInterval 500ms
        $resumed = Wait-RunctlTraining $resumed -PollInterval 250ms
        $reference = Wait-RunctlTraining $reference -PollInterval 250ms

        "Comparing the final weights with those of the undisturbed training."
        $hashes = foreach ($finished in $resumed, $reference) {
            $weights = $finished | Get-RunctlCheckpoint -Latest | Save-RunctlCheckpoint -Name $act.Final -Destination "$results/$($finished.RunId)"
            @($weights | Sort-Object Name | ForEach-Object { [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData([IO.File]::ReadAllBytes($_.FullName))) }) -join '-'
        }
        $identical = $hashes.Count -eq 2 -and $hashes[0] -and $hashes[0] -eq $hashes[1]
        if ($report.Passed -and $report.InstanceTaken -and $resumed.StepsLost -eq 0 -and $resumed.ExitCode -eq 0 -and $identical) { $passed++ }

        ''
        & {
            $report.Phases
            [Runctl.Training.Phase]::new('new instance', $replacementSeconds)
            $resumed.Phases
        } | Format-Table
        "Files of the checkpoint  $(@(($run | Get-RunctlCheckpoint -Latest).Files | Where-Object Class -NE older).Count)"
        "Interrupted after step   $($report.LastStep)"
        "Went on with step        $($resumed.FirstStep)"
        "Training steps lost      $($resumed.StepsLost)"
        "Final weights            $(if ($identical) { "identical, SHA-256 $($hashes[0].Substring(0, 16))..." } else { "DIFFERENT: $($hashes -join ' / ')" })"
        Remove-RunctlInstance $replacement.InstanceId, $undisturbed.InstanceId -Confirm:$false
    }

    ''
    "Whole rehearsal          $([int]([DateTime]::UtcNow - $began).TotalSeconds) s"
    if ($passed -eq $acts.Count) { 'PASS' } else { 'FAIL' }
}
finally {
    Stop-RunctlSandbox $sandbox
    if ([IO.Directory]::Exists($results)) { [IO.Directory]::Delete($results, $true) }
}
exit [int]($passed -ne $acts.Count)
