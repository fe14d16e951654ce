<#
.SYNOPSIS
Rehearses a spot interruption from end to end, without an AWS account.

.DESCRIPTION
Trains the same network twice in a sandbox. One training is left alone; the other loses its instance in the middle and goes on
on a new one. Both must end with the same weights, byte for byte. The exit code is 0 for PASS and 1 for FAIL.

.PARAMETER Epochs
How long to train.

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
$training = @{
    Script           = "$PSScriptRoot/train_digits.py"
    ProjectDirectory = $PSScriptRoot
    ScriptArgument   = '--epochs', $Epochs, '--seed', 7
    SyncCode         = $true
    PollInterval     = '500ms'
}

"Starting a sandbox: EC2, SSM, S3 and the instance metadata service on this machine's loopback."
$sandbox = Start-RunctlSandbox -UseAsDefault
try {
    "Creating two spot instances: one to be interrupted, one to compare with."
    $instance, $undisturbed = New-RunctlSpotInstance -InstanceType $types -Count 2 -Wait
    $instance

    "Starting the same training on both."
    $reference = $undisturbed | Start-RunctlTraining @training -NoMonitor
    $run = $instance | Start-RunctlTraining @training
    $run

    "Training until step 1000."
    do { $now = Get-RunctlTraining $run.RunId } until ($now.LastStep -ge 1000 -or $now.HasEnded)
    Get-RunctlTrainingLog $run -Tail 3

    "Raising an interruption notice: $Window until the instance is taken."
    $report = Invoke-RunctlInterruptionDrill $run -Window $Window -PollInterval 250ms
    $report

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
        $weights = $finished | Get-RunctlCheckpoint -Latest | Save-RunctlCheckpoint -Name final.json -Destination "$results/$($finished.RunId)"
        [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData([IO.File]::ReadAllBytes($weights.FullName)))
    }
    $identical = $hashes.Count -eq 2 -and $hashes[0] -eq $hashes[1]
    $passed = $report.Passed -and $report.InstanceTaken -and $resumed.StepsLost -eq 0 -and $resumed.ExitCode -eq 0 -and $identical

    ''
    'Phase          Seconds'
    '-----          -------'
    $report.Phases
    [Runctl.Training.Phase]::new('new instance', $replacementSeconds)
    $resumed.Phases
    ''
    "Interrupted after step   $($report.LastStep)"
    "Went on with step        $($resumed.FirstStep)"
    "Training steps lost      $($resumed.StepsLost)"
    "Final weights            $(if ($identical) { "identical, SHA-256 $($hashes[0].Substring(0, 16))..." } else { "DIFFERENT: $($hashes -join ' / ')" })"
    "Whole rehearsal          $([int]([DateTime]::UtcNow - $began).TotalSeconds) s"
    if ($passed) { 'PASS' } else { 'FAIL' }
}
finally {
    Stop-RunctlSandbox $sandbox
    if ([IO.Directory]::Exists($results)) { [IO.Directory]::Delete($results, $true) }
}
exit [int](-not $passed)
