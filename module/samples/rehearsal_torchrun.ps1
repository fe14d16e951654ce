<#
.SYNOPSIS
Rehearses the interruption of two workers under torchrun, without an AWS account. Needs torch for the system's python3; takes a minute or two.

.DESCRIPTION
    dotnet run --project src/Runctl.Host -- module/samples/rehearsal_torchrun.ps1

Trains once undisturbed and once with an interruption, resumes on a new instance, and compares the final weights. The exit code is 0 for PASS.
#>
param([int] $Steps = 200)

$ErrorActionPreference = 'Stop'
$training = @{ Script = "$PSScriptRoot/train_torchrun.sh"; ProjectDirectory = $PSScriptRoot; SyncCode = $true; NoMonitor = $true }
$sandbox = Start-RunctlSandbox -UseAsDefault
try {
    $reference = New-RunctlSpotInstance g5.xlarge -Wait | Start-RunctlTraining @training -ScriptArgument '--steps', $Steps
    $run = New-RunctlSpotInstance g5.xlarge -Wait | Start-RunctlTraining @training -ScriptArgument '--steps', $Steps, '--step-seconds', '0.2'
    do { $now = Get-RunctlTraining $run.RunId } until ($now.LastStep -ge 20 -or $now.HasEnded)
    $report = Invoke-RunctlInterruptionDrill $run -Window 30s
    $report
    $resumed = New-RunctlSpotInstance g5.xlarge -Wait | Start-RunctlTraining @training -ScriptArgument '--steps', $Steps -ResumeFrom $report.Checkpoint
    $weights = foreach ($one in $resumed, $reference) {
        $null = Wait-RunctlTraining $one -PollInterval 500ms
        @(Get-RunctlTrainingLog $one) -match 'finished: '
    }
    $weights
    $passed = $report.Passed -and $weights.Count -eq 2 -and ($weights[0] -replace '.*finished: ') -eq ($weights[1] -replace '.*finished: ')
    if ($passed) { 'PASS' } else { 'FAIL' }
}
finally {
    Stop-RunctlSandbox $sandbox
}
exit [int](-not $passed)
