param([Parameter(Mandatory)] [string] $Module)

BeforeAll {
    Import-Module $Module -Force
    $started = Get-Location
    Set-Location $TestDrive
    if ($IsLinux) {
        $sandbox = Start-RunctlSandbox -UseAsDefault -BootTime 100ms
    }

    # The verbose and debug lines of a command, as texts, whether it fails or not.
    function Get-Line([scriptblock] $Command) {
        & { try { & $Command } catch { Write-Debug "$_" } } 4>&1 5>&1 3>$null 2>$null | Where-Object { $_ -is [Management.Automation.VerboseRecord] -or $_ -is [Management.Automation.DebugRecord] } | ForEach-Object Message
    }
}

AfterAll {
    Stop-RunctlSandbox
    Set-Location $started
}

Describe '-Verbose and -Debug' -Skip:(-not $IsLinux) {
    It 'name the settings in force, where each comes from, and whose credentials count' {
        $lines = Get-Line { Get-RunctlInstance -Verbose }
        $lines | Should -Contain 'Setting Region is us-east-1: Session.'
        $lines | Should -Contain "Setting EndpointUrl is $($sandbox.EndpointUrl): Session."
        $lines -match '^Credentials of the sandbox' | Should -HaveCount 1
    }

    It 'name only the settings that the command uses, and the line of the file' {
        Set-Content .runctl.toml "[training]`nproject_name = 'digits'`n[aws]`ns3_prefix = 'other'"
        try {
            @(Get-Line { Get-RunctlTraining -Verbose }) -match 'ProjectName' | Should -BeNullOrEmpty
            Get-Line { Test-RunctlSetup -Verbose } | Should -Contain 'Setting ProjectName is digits: File (line 2).'
        }
        finally {
            Remove-Item .runctl.toml -Force
        }
    }

    It 'show no value of what may hold a secret' {
        Set-Content .runctl.toml "[training]`nsetup_command = 'use hunter2'`nenvironment = { TOKEN = 'hunter2' }`n[alerts]`nwebhook_url = 'http://127.0.0.1:9/hunter2'"
        try {
            $lines = Get-Line { Test-RunctlSetup -Verbose -Debug -WarningAction SilentlyContinue }
            $lines | Should -Contain 'Setting SetupCommand is given: File (line 2).'
            @($lines) -match 'hunter2' | Should -BeNullOrEmpty
        }
        finally {
            Remove-Item .runctl.toml -Force
        }
    }

    It 'name the owner of the credentials once STS has said it' {
        @(Get-Line { Test-RunctlSetup -Verbose }) -match 'arn:aws:' | Should -Not -BeNullOrEmpty
        @(Get-Line { Get-RunctlInstance -Verbose }) -match '^Credentials of the sandbox, arn:aws:' | Should -Not -BeNullOrEmpty
    }

    It 'give service, operation, status, time and request id of each call' {
        $lines = Get-Line { Get-RunctlInstance -Debug; Test-RunctlSetup -Debug }
        @($lines) -match '^EC2 DescribeInstances: 200, \d+ ms, request [0-9a-f-]{36}$' | Should -Not -BeNullOrEmpty
        @($lines) -match '^STS GetCallerIdentity: 200, ' | Should -Not -BeNullOrEmpty
        @($lines) -match '^S3 \w+: 20\d, ' | Should -Not -BeNullOrEmpty
        @($lines) -match 'http|X-Amz|AWS4' | Should -BeNullOrEmpty
    }

    It 'tell that the object decides where its run is looked for' {
        $lines = Get-Line { [pscustomobject]@{ RunId = 'x'; Region = 'us-east-1'; EndpointUrl = $sandbox.EndpointUrl } | Get-RunctlTraining -Verbose }
        @($lines) -match 'us-east-1.*Object' | Should -Not -BeNullOrEmpty -Because ($lines -join "`n")
    }

    It 'tell a throttled call before its wait, and its next try' {
        Set-RunctlSandbox -Fault @{ Operation = 'ec2:DescribeInstances'; Kind = 'Throttling'; Count = 1 }
        $lines = Get-Line { Get-RunctlInstance -Verbose -Debug }
        @($lines) -match '^EC2 DescribeInstances failed \(RequestLimitExceeded\); try 2 follows in \d\.\d s\.$' | Should -Not -BeNullOrEmpty
        @($lines) -match '^EC2 DescribeInstances: 200, \d+ ms, try 2, ' | Should -Not -BeNullOrEmpty
    }

    It 'ask an endpoint that refuses connections twice, and tell it' {
        $env:AWS_ACCESS_KEY_ID, $env:AWS_SECRET_ACCESS_KEY = 'AKIDEXAMPLE', 'example'
        try {
            $lines = Get-Line { Get-RunctlInstance -EndpointUrl http://127.0.0.1:9 -Region us-east-1 -Verbose -Debug }
        }
        finally {
            Remove-Item Env:AWS_ACCESS_KEY_ID, Env:AWS_SECRET_ACCESS_KEY
        }

        @($lines) -match '^EC2 DescribeInstances: the connection was refused' | Should -HaveCount 2
        @($lines) -match '^EC2 DescribeInstances failed \(the connection was refused\); try 2 follows' | Should -HaveCount 1
    }

    It 'say which pool a launch has chosen, and why not the others' {
        Set-RunctlSandbox -PoolError @{ 'spot:g4dn.xlarge' = 'InsufficientInstanceCapacity' }
        $lines = Get-Line { $script:instance = New-RunctlSpotInstance g5.xlarge, g4dn.xlarge -IamInstanceProfile RunctlSandbox -Verbose }
        Set-RunctlSandbox -PoolError @{ 'spot:g4dn.xlarge' = $null }
        Remove-RunctlInstance $instance -Confirm:$false
        @($lines) -match "^Pool g5\.xlarge in us-east-1\w is used for $($instance.InstanceId): spot at [\d.]+ USD/h" | Should -HaveCount 1
        @($lines) -match '^Pool g4dn\.xlarge in us-east-1\w is not used .*: EC2 refuses it with InsufficientInstanceCapacity\.$' | Should -Not -BeNullOrEmpty
    }

    It 'do not mix between commands that run side by side' {
        $counts = 1..4 | ForEach-Object -Parallel {
            Import-Module $using:Module
            @(Get-RunctlInstance -Verbose -Debug 4>&1 5>&1 | Where-Object { "$_" -like 'Credentials of*' -or "$_" -like 'EC2 DescribeInstances*' }).Count
        }
        $counts | Should -Be @(2, 2, 2, 2)
    }

    It 'are silent if nobody asks' {
        Get-RunctlInstance 4>&1 5>&1 | Should -BeNullOrEmpty
    }
}
