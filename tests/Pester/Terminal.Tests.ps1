param([Parameter(Mandatory)] [string] $Module)

BeforeDiscovery {
    $hasTerminal = $IsLinux -and (Get-Command tmux -CommandType Application -ErrorAction Ignore)
}

BeforeAll {
    Import-Module $Module -Force
    $project = (New-Item -ItemType Directory (Join-Path $TestDrive project)).FullName
    Set-Content "$project/wait.py" "import time`nwhile True: sum(range(1000000)); time.sleep(0.05)"
    $sandbox = Start-RunctlSandbox -UseAsDefault
    $instance = New-RunctlSpotInstance -InstanceType g5.xlarge -Wait
    $run = $instance | Start-RunctlTraining "$project/wait.py" -ProjectDirectory $project -SyncCode -NoMonitor -WarningAction Ignore
}

AfterAll {
    Stop-RunctlSandbox $sandbox
}

Describe 'Files that a cmdlet writes' {
    It 'are those of the provider: Initialize-RunctlConfiguration' {
        $file = Initialize-RunctlConfiguration $project -S3Bucket my-bucket
        $file.PSPath | Should -Match 'FileSystem::'
        $text = $file | Out-String -Width 80
        $text | Should -Match ([regex]::Escape("Directory: $project"))
        $text | Should -Match '-rw.*\.runctl\.toml'
    }
}

Describe 'Output of two kinds' {
    It 'is a table and a short list of what is known' {
        $text = (& { Get-RunctlInstance; Get-RunctlTraining } | Out-String -Width 80) -split '\r?\n'
        $text | Where-Object { $_ -match '^InstanceId +Type' } | Should -HaveCount 1
        $list = @($text -match '^\w+ +: ?')
        $list.Count | Should -BeIn (3..8)
        $list | Where-Object { $_ -match ':\s*$' } | Should -BeNullOrEmpty
    }
}

Describe 'Progress' {
    It 'of a step ends before its object goes on' {
        # Progress is shown after two seconds.
        $slow = Start-RunctlSandbox -BootTime 4s
        try {
            $shell = [powershell]::Create()
            $shell.AddScript("Import-Module '$Module'; New-RunctlSpotInstance g5.xlarge -Wait -EndpointUrl $($slow.EndpointUrl) -Region $($slow.Region) -IamInstanceProfile $($slow.IamInstanceProfile) | ForEach-Object { Write-Progress downstream }") | Out-Null
            $shell.Invoke() | Out-Null
            $shell.Streams.Error | Should -BeNullOrEmpty
            $records = @($shell.Streams.Progress)
            $records[0].Activity | Should -Not -Be downstream
            $records[-2].RecordType | Should -Be Completed
            $records[-1].Activity | Should -Be downstream
        }
        finally {
            $shell.Dispose()
            Stop-RunctlSandbox $slow
        }
    }
}

Describe 'Progress of a wait' {
    It 'shows state, instance and step in 80 columns' {
        $shell = [powershell]::Create()
        try {
            $shell.AddScript("Import-Module '$Module'; Wait-RunctlTraining $($run.RunId) -Timeout 12s -EndpointUrl $($sandbox.EndpointUrl) -Region $($sandbox.Region) -S3Bucket $($sandbox.S3Bucket)") | Out-Null
            $shell.Invoke() | Out-Null
            $shell.Streams.Error[0].FullyQualifiedErrorId | Should -Match 'TimedOut'
            $record = @($shell.Streams.Progress)[0]
            $record.Activity | Should -Be "Waiting for $($run.RunId.Split('-')[-1])"
            $record.StatusDescription | Should -Match "^running on $($run.InstanceId)"
            # The instance, a step of nine digits, and what PowerShell puts around it.
            ($record.Activity.Length + $record.StatusDescription.Length + ', step 123456789'.Length + ' [] '.Length) | Should -BeLessOrEqual 80
        }
        finally { $shell.Dispose() }
    }
}

Describe 'Get-RunctlProcess -Follow' {
    It 'streams objects into a pipeline' {
        $seen = Get-RunctlProcess $run -Follow -PollInterval 1s | Select-Object -First 2
        $seen | Should -HaveCount 2
        $seen[0].GetType().Name | Should -Be RunctlProcess
    }

    It 'replaces on a terminal what it showed before' -Skip:(-not $hasTerminal) {
        $shell = (Get-Process -Id $PID).Path
        $arguments = @(if ([IO.Path]::GetFileNameWithoutExtension($shell) -eq 'dotnet') { 'exec', "$PSHOME/pwsh.dll" })
        $socket = "runctl-$PID"
        $environment = $sandbox.GetEnvironment()
        $script = Join-Path $TestDrive follow.ps1
        $settings = $environment.Keys | ForEach-Object { "`$env:$_ = '$($environment[$_])'" }
        Set-Content $script ($settings + "`$env:RUNCTL_S3_BUCKET = '$($sandbox.S3Bucket)'" + "Import-Module '$Module'; Get-RunctlProcess $($instance.InstanceId) -Follow -PollInterval 1s")
        tmux -L $socket new-session -d -x 80 -y 30 -- $shell @arguments -NoProfile -NoLogo -NoExit -Command ". '$script'"
        try {
            # Figures of another second show that it was refreshed.
            $first = $null
            $limit = [datetime]::UtcNow.AddSeconds(60)
            do {
                $screen = @(tmux -L $socket capture-pane -p)
                $times = @($screen | Select-String ' (\d+:\d\d:\d\d) ' | ForEach-Object { $_.Matches[0].Groups[1].Value })
                if ($times -and -not $first) { $first = "$times" }
                Start-Sleep -Milliseconds 200
            } until (($first -and $times -and "$times" -ne $first) -or [datetime]::UtcNow -gt $limit)
            "$times" | Should -Not -Be $first
            @($screen -match '^ +PID ').Count | Should -Be 1 -Because ($screen -join "`n")
        }
        finally { tmux -L $socket kill-server }
    }
}
