@{
    RootModule           = 'Runctl.PowerShell.dll'
    ModuleVersion        = '0.1.0'
    GUID                 = 'f0c0a7f6-6b1e-4c55-9d0e-3c8e2d5b7a41'
    Author               = 'Runctl contributors'
    CompanyName          = 'Runctl contributors'
    Copyright            = '(c) 2026 Runctl contributors. MIT license.'
    Description          = 'Train models on EC2 spot instances, and lose nothing when AWS takes the machine back. Runctl creates the instance, syncs the code and starts the training over SSM. A guard on the instance watches for the interruption notice, has the training save, proves the checkpoint and uploads it to S3 before the deadline; the run continues elsewhere. Needs PowerShell 7.6, an AWS account with an S3 bucket, and instances with Linux, systemd 243 and Python 3.8 or later. The sandbox for trials without AWS runs on Linux.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')
    TypesToProcess       = @('Runctl.types.ps1xml')
    FormatsToProcess     = @('Runctl.format.ps1xml')
    FileList             = @()
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    CmdletsToExport      = @(
        'Export-RunctlReport'
        'Get-RunctlCheckpoint'
        'Get-RunctlConfiguration'
        'Get-RunctlEvent'
        'Get-RunctlInstance'
        'Get-RunctlPolicy'
        'Get-RunctlProcess'
        'Get-RunctlTraining'
        'Get-RunctlTrainingLog'
        'Initialize-RunctlConfiguration'
        'Invoke-RunctlInterruptionDrill'
        'New-RunctlSpotInstance'
        'Remove-RunctlInstance'
        'Resume-RunctlTraining'
        'Save-RunctlCheckpoint'
        'Set-RunctlSandbox'
        'Start-RunctlInstance'
        'Start-RunctlSandbox'
        'Start-RunctlTraining'
        'Stop-RunctlInstance'
        'Stop-RunctlSandbox'
        'Stop-RunctlTraining'
        'Test-RunctlSetup'
        'Wait-RunctlTraining'
        'Watch-RunctlSpotInterruption'
    )
    PrivateData          = @{
        PSData = @{
            Tags         = @('AWS', 'EC2', 'Spot', 'SSM', 'S3', 'MachineLearning', 'Training', 'Checkpoint', 'PSEdition_Core', 'Linux')
            LicenseUri   = 'https://opensource.org/license/mit'
            ProjectUri   = 'https://github.com/runctl/runctl'
            Prerelease   = 'preview1'
            # The package has the newest part of CHANGELOG.md here.
            ReleaseNotes = ''
        }
    }
}
