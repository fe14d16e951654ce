# What run.sh runs; it says what this needs.
$ErrorActionPreference = 'Stop'
$repository = [IO.Path]::GetFullPath("$PSScriptRoot/../..")
Import-Module "$repository/out/Runctl/$((Import-PowerShellDataFile "$repository/Runctl.psd1").ModuleVersion)/Runctl.psd1"
$passed, $failed, $run, $report, $log = 0, 0, $null, $null, $null

function Confirm-Check([string] $What, [bool] $Holds, [string] $Seen) {
    if ($Holds) { $script:passed++ } else { $script:failed++ }
    "$(if ($Holds) { 'ok     ' } else { 'FAILED ' }) $What$(if ($Seen) { ": $Seen" })"
}

# Settings of torchrun that run.sh found necessary.
$environment = @{}
foreach ($name in 'PET_REDIRECTS', 'PET_TEE') {
    if ($value = [Environment]::GetEnvironmentVariable($name)) { $environment[$name] = $value }
}

# No checkpoint but those of the signal: a periodic one must not stand in for it.
$steps = '--steps', '400', '--save-steps', '1000'
$samples = "$repository/module/samples"
$training = @{ Script = "$samples/train_torchrun.sh"; ProjectDirectory = $samples; SyncCode = $true; NoMonitor = $true; Environment = $environment }
$sandbox = Start-RunctlSandbox -UseAsDefault
try {
    # Side by side on one machine, and the one that began first is first to end: a port they shared would go with it.
    $reference = New-RunctlSpotInstance g5.xlarge -Wait | Start-RunctlTraining @training -ScriptArgument ($steps + '--step-seconds', '0.05')
    $run = New-RunctlSpotInstance g5.xlarge -Wait | Start-RunctlTraining @training -ScriptArgument ($steps + '--step-seconds', '0.25')
    $reference = Wait-RunctlTraining $reference -PollInterval 500ms
    $until = (Get-RunctlTraining $run.RunId).LastStep + 40
    do { $now = Get-RunctlTraining $run.RunId } until ($now.LastStep -ge $until -or $now.HasEnded)
    Confirm-Check 'It trains under torchrun, also when another training has ended' (-not $now.HasEnded) "step $($now.LastStep)"

    $report = Invoke-RunctlInterruptionDrill $run -Window 30s -PollInterval 250ms 3> $null
    $log = @(Get-RunctlTrainingLog $run)
    $told = @($report.Processes | Where-Object { $_.Role -eq 'trainer' -and $_.Told })
    $stopped = @($log -match "^worker [01] was told to stop, and did after step $($report.LastStep)$")
    Confirm-Check 'Both workers are told themselves' ($told.Count -eq 2) ($told -join ', ')
    Confirm-Check 'Both workers stop after the same step, by themselves' ($stopped.Count -eq 2 -and $report.Events.Kind -notcontains 'TrainingKilled') ($stopped -join '; ')
    Confirm-Check 'What they saved is committed in S3 before the deadline' ($report.Passed -and $report.SecondsToSpare -gt 0 -and $report.Checkpoint.Name -eq "step_$($report.LastStep)") $report.Reason
    Confirm-Check 'No step is lost with the instance' ($report.StepsLost -eq 0 -and $report.InstanceTaken)

    $resumed = New-RunctlSpotInstance g5.xlarge -Wait | Start-RunctlTraining @training -ScriptArgument $steps -ResumeFrom $report.Checkpoint
    $resumed = Wait-RunctlTraining $resumed -PollInterval 500ms
    Confirm-Check 'It goes on with the next step on another instance' ($resumed.InstanceId -ne $run.InstanceId -and $resumed.FirstStep -eq $report.LastStep + 1 -and $resumed.StepsLost -eq 0) "step $($resumed.FirstStep)"
    Confirm-Check 'Both trainings end well' ($resumed.ExitCode -eq 0 -and $reference.ExitCode -eq 0)
    $weights = @(foreach ($one in $resumed, $reference) { @(Get-RunctlTrainingLog $one) -match '^finished: ' })
    Confirm-Check 'The final weights are those of the undisturbed training' ($weights.Count -eq 2 -and $weights[0] -eq $weights[1]) ($weights -join '; ')
}
catch {
    Confirm-Check 'It goes through to the end' $false $_
    if ($run) { $log = @(Get-RunctlTrainingLog $run) }
}
finally {
    Stop-RunctlSandbox $sandbox
}
"$passed passed, $failed failed"
if ($failed) { $report; 'The log of the interrupted training:'; $log; 'FAIL' } else { 'PASS' }
exit [int]($failed -gt 0)
