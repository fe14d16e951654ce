# What a user waits for in a session that has the module, a line "name seconds" each. Argument: the module's manifest.
param([string] $Module)
Import-Module $Module

function Measure-Wait([string] $Name, [scriptblock] $Wait) {
    $clock = [Diagnostics.Stopwatch]::StartNew()
    & $Wait | Out-Null
    "$Name $($clock.Elapsed.TotalSeconds.ToString([cultureinfo]::InvariantCulture))"
}

foreach ($command in Get-Command -Module Runctl) {
    Measure-Wait help { Get-Help $command.Name -Full | Out-String }
}

$instances = @(Get-RunctlInstance)
Measure-Wait pipeline { Get-RunctlInstance | Where-Object State -EQ running | Get-RunctlTraining }
$found = @(Get-RunctlInstance | Where-Object State -EQ running | Get-RunctlTraining)
if ($instances.Count -ne 1000 -or $found.Count -ne 1000) { throw "There are $($instances.Count) instances and $($found.Count) runs." }

$lines = 'Stop-RunctlTraining ', 'Get-RunctlTrainingLog ', 'Remove-RunctlInstance i-', 'New-RunctlSpotInstance -InstanceType g5', 'Get-RunctlInstance -Region eu-',
    'Get-RunctlInstance -ProfileName ', 'Start-RunctlTraining ./x.py -IamInstanceProfile ', 'Get-RunctlCheckpoint ', 'Get-RunctlConfiguration s3'
# The second time is warm.
foreach ($name in 'cold', 'completion') {
    foreach ($line in $lines) {
        Measure-Wait $name { TabExpansion2 $line $line.Length }
    }
}
