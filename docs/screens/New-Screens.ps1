<#
.SYNOPSIS
Makes the screens that docs/aws.md and the help show: the output of the real module in a sandbox.

.DESCRIPTION
Each screen is a file NAME.txt. Ids, addresses and times are replaced by fixed ones, so that a screen changes only if the module does.
In docs/aws.md the block after <!-- screen: NAME --> has the same text.

.PARAMETER Module
Path of the module's manifest.

.PARAMETER Destination
Directory of the screens; this one unless it is given.

.EXAMPLE
dotnet tool run pwsh -- -NoProfile -File docs/screens/New-Screens.ps1 ./out/Runctl/0.1.0/Runctl.psd1
#>
param(
    [Parameter(Mandatory)] [string] $Module,
    [string] $Destination = $PSScriptRoot
)

$ErrorActionPreference = 'Stop'
$PSStyle.OutputRendering = 'PlainText'
Import-Module $Module
$samples = Join-Path (Split-Path $Module) samples

# What differs from run to run, and what stands for it.
$fixed = [ordered]@{
    'http://127\.0\.0\.1:\d+'                     = 'http://127.0.0.1:4566'
    '/tmp/runctl-sandbox-[0-9a-f]+/i-[0-9a-f]+'   = ''
    '\S*/runctl-screens-\d+'                      = '/home/me'
    '[\d,.]+ [MG]iB/s'                            = '150.0 MiB/s'
    '[\d,.]+ GiB'                                 = '60.0 GiB'
    '\d{8}-\d{6}-[0-9a-f]{6}'                     = '20260101-120000-ab12cd'
    '(?<=digits-)\d{8}'                           = '20260101'
    '\.20\d{12}\.'                                = '.20260101120000.'
    '\d{4}-\d\d-\d\d[ T]\d\d:\d\d'                = '2026-01-01 12:00'
    '(?<=2026-01-01 12:00):\d\d'                  = ':00'
    '(?<= )[0-9a-f]{6}(?= )'                      = 'ab12cd'
    'process \d+'                                 = 'process 1234'
    'i-[0-9a-f]{17}'                              = 'i-0123456789abcdef0'
}

function Save-Screen([string] $Name, [scriptblock] $Command) {
    $text = & $Command | Out-String -Width 100
    foreach ($pattern in $fixed.Keys) { $text = $text -replace $pattern, $fixed[$pattern] }
    $lines = $text.Trim("`r", "`n") -split "`r?`n" | ForEach-Object TrimEnd
    Set-Content (Join-Path $Destination "$Name.txt") $lines
}

$project = New-Item -ItemType Directory (Join-Path ([IO.Path]::GetTempPath()) "runctl-screens-$PID/digits")
Copy-Item "$samples/train_digits.py", "$samples/digits.csv" $project
Push-Location $project
try {
    $null = Start-RunctlSandbox -UseAsDefault
    $instance = New-RunctlSpotInstance g5.xlarge -Wait
    Save-Screen setup { Test-RunctlSetup $instance -Script ./train_digits.py }
    Save-Screen instances { Get-RunctlInstance }
    $run = $instance | Start-RunctlTraining ./train_digits.py -SyncCode -ScriptArgument '--epochs', '200' -NoMonitor
    # The first save, after epoch 5, is there; the drill's checkpoint names it as one of its files.
    $null = Get-RunctlTrainingLog $run -Follow | Where-Object { $_ -match '^epoch +6 ' } | Select-Object -First 1
    Save-Screen drill { Invoke-RunctlInterruptionDrill $run -Window 20s -WarningAction SilentlyContinue }
    Save-Screen checkpoints { Get-RunctlCheckpoint -RunId $run.RunId -Latest }
}
finally {
    Stop-RunctlSandbox
    Pop-Location
    Remove-Item (Split-Path $project) -Recurse -Force
}

# The pages that show them.
if ($Destination -eq $PSScriptRoot) {
    $page = "$PSScriptRoot/../aws.md"
    $text = [regex]::Replace((Get-Content $page -Raw), '(?s)(<!-- screen: (\w+) -->\n```text\n).*?```', {
            param($found)
            $found.Groups[1].Value + (Get-Content "$PSScriptRoot/$($found.Groups[2].Value).txt" -Raw) + '```'
        })
    [IO.File]::WriteAllText($page, $text)
}
