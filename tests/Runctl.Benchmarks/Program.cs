using Runctl.Benchmarks;

if (args is ["import-once"])
{
    ImportBenchmark.RunOnce();
    return;
}

if (args is ["report-page", var page, .. var more])
{
    ReportBenchmark.WritePage(page, more.Contains("long"));
    return;
}

Console.WriteLine(Machine.Describe());
Console.WriteLine();
Console.WriteLine(Statistics.Header);
if (args.Length == 0 || args.Contains("notice"))
{
    await NoticeBenchmark.RunAsync();
}

if (args.Length == 0 || args.Contains("notice") || args.Contains("crowd"))
{
    await NoticeBenchmark.RunCrowdedAsync();
}

if (args.Length == 0 || args.Contains("checkpoint"))
{
    await CheckpointBenchmark.RunAsync();
}

if (args.Length == 0 || args.Contains("transfer"))
{
    await TransferBenchmark.RunAsync();
}

if (args.Length == 0 || args.Contains("guard"))
{
    await GuardBenchmark.RunAsync();
}

if (args.Length == 0 || args.Contains("monitor"))
{
    await MonitorBenchmark.RunAsync();
}

if (args.Length == 0 || args.Contains("log"))
{
    await LogBenchmark.RunAsync();
}

if (args.Length == 0 || args.Contains("fleet"))
{
    await FleetBenchmark.RunAsync();
}

if (args.Length == 0 || args.Contains("list"))
{
    await ListBenchmark.RunAsync();
}

if (args.Length == 0 || args.Contains("sync"))
{
    await SyncBenchmark.RunAsync();
}

if (args.Length == 0 || args.Contains("resume"))
{
    await ResumeBenchmark.RunAsync();
}

if (args.Length == 0 || args.Contains("import"))
{
    await ImportBenchmark.RunAsync();
}

if (args.Length == 0 || args.Contains("shell"))
{
    await ShellBenchmark.RunAsync();
}

if (args.Length == 0 || args.Contains("report"))
{
    await ReportBenchmark.RunAsync();
}
