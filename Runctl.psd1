@{
    RootModule           = 'Runctl.PowerShell.dll'
    ModuleVersion        = '0.1.0'
    GUID                 = 'f0c0a7f6-6b1e-4c55-9d0e-3c8e2d5b7a41'
    Author               = 'Runctl contributors'
    CompanyName          = 'Runctl contributors'
    Copyright            = 'MIT licensed'
    Description          = 'Train models on EC2 spot instances and lose nothing when AWS takes the machine back.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')
    TypesToProcess       = @('Runctl.types.ps1xml')
    FormatsToProcess     = @('Runctl.format.ps1xml')
    FunctionsToExport    = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    CmdletsToExport      = @(
        'Get-RunctlCheckpoint'
        'Get-RunctlConfiguration'
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
            Tags       = @('AWS', 'EC2', 'Spot', 'SSM', 'S3', 'MachineLearning', 'Training', 'Checkpoint', 'PSEdition_Core', 'Linux', 'Windows', 'MacOS')
            LicenseUri = 'https://opensource.org/license/mit'
        }
    }
}
