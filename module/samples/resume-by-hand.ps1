<#
.SYNOPSIS
Resumes an interrupted training step by step: look in S3, download the checkpoint, launch, train with --resume.

.DESCRIPTION
Resume-RunctlTraining does all of this in one command, for the run and with its own code and settings. By hand it is a new run, from the
project as it is on this machine now; that is what one wants after having changed the code. Run it from the project's directory.

.PARAMETER InstanceId
The instance that was lost.

.PARAMETER Script
The training script.

.PARAMETER ScriptArgument
Its arguments, as they were; --resume and the checkpoint's path are added.

.PARAMETER InstanceType
Types that will do for the new instance.
#>
param(
    [Parameter(Mandatory)] [string] $InstanceId,
    [Parameter(Mandatory)] [string] $Script,
    [string[]] $ScriptArgument = @(),
    [string[]] $InstanceType = @('g5.xlarge', 'g4dn.xlarge')
)

$ErrorActionPreference = 'Stop'

# 1. Check S3: the latest checkpoint is in s3://bucket/checkpoints/spot-interruptions/{instance id}/
$checkpoint = Get-RunctlCheckpoint -InstanceId $InstanceId -Latest
if (-not $checkpoint) { throw "Instance $InstanceId left no checkpoint in S3." }

# 2. Download it into the project; it is checked against the checksum it was committed with.
$file = $checkpoint | Save-RunctlCheckpoint -Destination ./checkpoints -Force

# 3. Launch another instance.
$instance = New-RunctlSpotInstance -InstanceType $InstanceType -Wait

# 4. Train there. A file that an argument names is brought along, although the checkpoint directory otherwise is not.
$instance | Start-RunctlTraining $Script -SyncCode -ScriptArgument ($ScriptArgument + '--resume' + "checkpoints/$($file.Name)")
