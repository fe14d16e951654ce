<#
.SYNOPSIS
Objects of every type that a cmdlet returns, with fixed ids, times and prices: what the golden texts in golden/ show.

.PARAMETER Type
Name of a type, without its namespace.
#>
param([Parameter(Mandatory)] [string] $Type)

function New([string] $TypeName, [hashtable] $Value) { & "$PSScriptRoot/New-Sample.ps1" $TypeName $Value }
function Join([hashtable] $Default, [hashtable] $Value) {
    $all = $Default.Clone()
    foreach ($key in $Value.Keys) { $all[$key] = $Value[$key] }
    $all
}
function Reference([string] $Name, [long] $Step) {
    New Runctl.Checkpoints.CheckpointReference @{ Name = $Name; Step = $Step; LastStep = $Step; RunId = $run; Manifest = "s3://my-checkpoint-bucket/checkpoints/$Name.manifest.json" }
}

$run = 'digits-20240131-120000-ab12cd'
$long = 'fine-tuning-of-a-large-languag-20240131-235959-0f1e2d'
$instance = 'i-0123456789abcdef0'
$other = 'i-0fedcba9876543210'
$time = [DateTime]::new(2024, 1, 31, 12, 0, 5, [DateTimeKind]::Utc)
$place = @{ Region = 'eu-central-1'; S3Bucket = 'my-checkpoint-bucket' }

function Training([hashtable] $Value) {
    New Runctl.Training.RunctlTraining (Join (@{ RunId = $run; InstanceId = $instance; ProjectName = 'digits'; Script = 'train.py'; State = 'running'; Attempt = 1 } + $place) $Value)
}
function Instance([hashtable] $Value) {
    New Runctl.Instances.RunctlInstance (Join @{ InstanceId = $instance; State = 'running'; InstanceType = 'g5.xlarge'; Region = 'eu-central-1'; AvailabilityZone = 'eu-central-1a' } $Value)
}
function Happened([string] $Kind, [string] $Message, [int] $Seconds, [string] $RunId) {
    New Runctl.Events.RunctlEvent @{ Time = $time.AddSeconds($Seconds); Kind = $Kind; InstanceId = $instance; RunId = $RunId; Attempt = 1; Message = $Message }
}
function Process([hashtable] $Value) { New Runctl.Processes.RunctlProcess (@{ InstanceId = $instance; RunId = $run } + $Value) }
function File([hashtable] $Value) { New Runctl.Checkpoints.CheckpointFile (Join @{ Key = 'k'; Crc32 = '00000000'; Class = 'save' } $Value) }
function Phase([string] $Name, [double] $Seconds) { New Runctl.Training.Phase @{ Name = $Name; Seconds = $Seconds } }

switch ($Type) {
    RunctlInstance {
        Instance @{ IsSpot = $true; HourlyPrice = 0.3512; Cost = 9.3068123456789; LaunchTime = $time; Age = [TimeSpan] '1.02:30:00'; RunId = $run; TrainingState = 'running' }
        Instance @{ InstanceId = $other; InstanceType = 'g4dn.12xlarge'; HourlyPrice = 4.89; Cost = 12345.67; Age = [TimeSpan] '105.05:00:00'; RunId = $long; TrainingState = 'interrupted' }
        Instance @{ InstanceType = 'x2iedn.32xlarge'; IsSpot = $true; State = 'shutting-down'; HourlyPrice = 98.3204; Cost = 0; Age = [TimeSpan] '05:12:00' }
        Instance @{ InstanceType = 't3.micro'; IsSpot = $true; State = 'stopped'; HourlyPrice = 0.0035; Cost = 0.0042; Age = [TimeSpan] '00:00:42'; RunId = $run; TrainingState = 'finished' }
        Instance @{ State = 'terminated' }
    }
    RunctlTraining {
        Training @{ LastStep = 1200; Checkpoint = (Reference 'epoch_10.pt' 1200); Cost = 0.0009221360567444; Savings = 0.002; Duration = [TimeSpan] '00:00:20.444' }
        Training @{ RunId = $long; InstanceId = $other; Script = 'training/experiments/2024/long_name_of_a_script_that_trains.py'; State = 'interrupted'; Attempt = 27; LastStep = 123456789 }
        $resumed = [Activator]::CreateInstance([Runctl.Training.RunctlTraining].Assembly.GetType('Runctl.Training.RunCell'), $run)
        $resumed.Add([Func[bool]] { $true })
        Training @{ State = 'interrupted'; LastStep = 1200; Cell = $resumed }
        Training @{ State = 'failed'; ExitCode = 137; LastStep = 7; Attempt = 3 }
        Training @{ State = 'lost' }
        Training @{ State = 'finished'; ExitCode = 0; LastStep = 100000 }
    }
    RunctlCheckpoint {
        foreach ($one in @(
                @{ Name = 'epoch_10.pt'; Step = 1200; LastStep = 1200; Size = 1073741824; Reason = 'interruption'; RunId = $run; Complete = $true; Files = @(File @{ Path = 'epoch_10.pt'; Size = 1073741824 }) }
                @{ Name = 'epoch=123-step=123456789-val_loss=0.0123.ckpt'; Step = 123456789; LastStep = 123456999; Size = 1099511627775; Reason = 'periodic'; RunId = $long; Complete = $true; Files = @() }
                @{ Name = 'epoch_12.pt'; Step = 1440; LastStep = 1450; Newest = 'final.pt'; NewestStep = 1450; Size = 1431655765; Reason = 'periodic'; RunId = $run; Complete = $true; Files = @() }
                @{ Name = 'final.json'; Size = 13; Reason = 'final'; RunId = $run; Complete = $false; Files = @() })) {
            New Runctl.Checkpoints.RunctlCheckpoint ($one + $place + @{ Attempt = 1; InstanceId = $instance; SavedAt = $time; S3Uri = "s3://my-checkpoint-bucket/$($one.Name)"; Manifest = "s3://my-checkpoint-bucket/$($one.Name).manifest.json" })
        }
    }
    CheckpointFile {
        File @{ Path = 'ckpt-4/model-00001-of-00002.safetensors'; Size = 1099511627775 }
        File @{ Path = 'last.pt'; Size = 0; Link = 'ckpt-4/model-00001-of-00002.safetensors' }
        File @{ Path = 'ckpt-2/a/directory/in/a/directory/in/a/directory/that/has/a/long/name/optimizer.bin'; Size = 2048; Class = 'older' }
    }
    CheckpointReference {
        Reference 'epoch_10.pt' 1200
        Reference 'epoch=123-step=123456789-val_loss=0.0123.ckpt' 123456789
    }
    RunctlEvent {
        Happened TrainingStarted 'Training started: train.py (attempt 1)' 0 $run
        Happened CheckpointUploaded 'Checkpoint uploaded to S3: s3://my-checkpoint-bucket/checkpoints/spot-interruptions/epoch_10.pt' 61 $long
        Happened InterruptionDetected "Spot interruption detected for instance $instance!`nHandling spot interruption for instance $instance" 90 $run
        Happened Warning 'The disk is almost full' 95 $null
    }
    Phase {
        Phase 'detect' 0.41
        Phase 'save' 12.3
        Phase 'new instance' 12345.678
    }
    RunctlDrillReport {
        New Runctl.Drills.RunctlDrillReport @{
            Passed = $true; Reason = 'Nothing was lost.'; RunId = $run; InstanceId = $instance; Region = 'eu-central-1'; Deadline = $time; SecondsToSpare = 108.31; InstanceTaken = $true
            LastStep = 1201; CertainStep = 1200; StepsLost = 0; Checkpoint = (Reference 'epoch_10.pt' 1200); SavedAt = $time.AddSeconds(-109); SavedAfterSignal = $true
            Files = @(File @{ Path = 'epoch_10.pt'; Size = 2048 }); Phases = @((Phase 'detect' 0.41), (Phase 'save' 12.3)); Processes = @(New Runctl.Drills.RunctlToldProcess @{ ProcessId = 9; Command = 'python train.py'; Told = $true; Role = 'trainer' })
            Missing = @(New Runctl.Checkpoints.CheckpointMissing @{ Path = 'best.pt'; Reason = 'late' })
        }
        New Runctl.Drills.RunctlDrillReport @{ Passed = $false; Reason = 'The checkpoint did not reach S3.'; RunId = $long; InstanceId = $other; Region = 'eu-central-1'; Deadline = $time }
    }
    RunctlProcess {
        Process @{ ProcessId = 4194304; CpuPercent = 6399.9; Memory = 1099511627776; GpuMemory = 85899345920; CpuTime = [TimeSpan] '41.15:04:05'; Command = 'python -u training/experiments/2024/long_name_of_a_script_that_trains.py --epochs 40' }
        Process @{ ProcessId = 12; CpuPercent = 0; Memory = 11534336; CpuTime = [TimeSpan] '00:00:05'; Command = 'python train.py' }
        Process @{ ProcessId = 13; Command = 'python train.py' }
    }
    RunctlInstanceUsage {
        New Runctl.Processes.RunctlInstanceUsage @{
            InstanceId = $instance; State = 'running'; IsGuarded = $true; Cpus = 4; Load = 3.25; MemoryTotal = 17179869184; MemoryAvailable = 11811160064; ActiveTrainings = 1; InterruptionTime = '2024-01-31T12:02:05Z'
            Gpus = @(New Runctl.Processes.RunctlGpu @{ Index = 0; Name = 'NVIDIA A10G'; Utilization = 98; MemoryUsed = 21474836480; MemoryTotal = 24159191040; Temperature = 71 })
            Disks = @(New Runctl.Processes.RunctlDisk @{ Path = '/home/ubuntu'; Size = 107374182400; Free = 53687091200 })
            Processes = @((Process @{ ProcessId = 4194304; CpuPercent = 6399.9; Memory = 1099511627776; GpuMemory = 85899345920; Command = 'python train.py' }), (Process @{ ProcessId = 12; Memory = 11534336; Command = 'python worker.py' }))
            Events = @(Happened InterruptionDetected "Spot interruption detected for instance $instance!`nHandling spot interruption for instance $instance" 90 $run)
        }
        New Runctl.Processes.RunctlInstanceUsage @{ InstanceId = $other }
    }
    RunctlSetting {
        foreach ($one in @(
                @{ Name = 'Region'; Value = 'eu-central-1'; Source = 'Environment (AWS_REGION)' }
                @{ Name = 'PollInterval'; Value = [TimeSpan] '00:00:30'; Source = 'Default' }
                @{ Name = 'SetupCommand'; Value = 'pip install --no-cache-dir -r requirements.txt && python -c "import torch"'; Source = 'File (line 31)'; Path = '/home/me/project/.runctl.toml' })) {
            New Runctl.PowerShell.Configuration.RunctlSetting $one
        }
    }
    RunctlSetupCheck {
        foreach ($one in @(
                @{ Name = 'Region'; Passed = $true; Seen = 'eu-central-1 (Environment, AWS_REGION)' }
                @{ Name = 'S3Bucket'; Passed = $false; Seen = 'There is no bucket my-checkpoint-bucket.'; Remedy = 'Create it: aws s3 mb s3://my-checkpoint-bucket --region eu-central-1, or correct s3_bucket.' }
                @{ Name = 'InstanceProfile'; Passed = $null; Seen = 'MySSMProfile cannot be looked up: AccessDenied.' })) {
            New Runctl.Setup.RunctlSetupCheck $one
        }
    }
    RunctlPolicy {
        New Runctl.Policies.RunctlPolicy @{
            For = 'Instance'; Name = 'RunctlInstance'; S3Bucket = 'my-checkpoint-bucket'
            Statements = @(
                (New Runctl.Policies.RunctlPolicyStatement @{ Sid = 'Checkpoints'; Actions = 's3:GetObject', 's3:PutObject'; Resources = @('arn:aws:s3:::my-checkpoint-bucket/checkpoints/*'); Why = 'The guard stores checkpoints and reads the one that a training resumes from.' })
                (New Runctl.Policies.RunctlPolicyStatement @{ Sid = 'OwnInstance'; Actions = @('ec2:TerminateInstances'); Resources = @('*'); Why = 'The guard ends its own instance.' })
            )
        }
    }
    RunctlSandboxFault {
        foreach ($one in @(
                @{ Operation = 's3:UploadPart'; Kind = 'Throttling'; Count = 3; Probability = 1; Hits = 1234567 }
                @{ Operation = 'imds:*instance-action'; Kind = 'ServerError'; Probability = 0.25; InstanceId = $instance })) {
            New Runctl.Sandbox.RunctlSandboxFault $one
        }
    }
    RunctlSandbox {
        $keys = New Runctl.Ports.CloudCredentials @{ AccessKeyId = 'AKIASANDBOX000000001'; SecretAccessKey = 'secret' }
        New Runctl.PowerShell.Sandboxes.RunctlSandbox ($place + @{ EndpointUrl = 'http://127.0.0.1:40000'; IamInstanceProfile = 'RunctlSandbox'; Directory = '/tmp/runctl-sandbox'; Credentials = $keys; Administrator = $keys })
    }
    default { throw "There is no sample of $Type." }
}
