using Runctl.Host;

HostArguments arguments;
try
{
    arguments = HostArguments.Parse(args);
}
catch (FormatException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    await Console.Error.WriteLineAsync(HostArguments.Usage);
    return HostExitCode.Usage;
}

if (arguments.Help)
{
    await Console.Out.WriteLineAsync(HostArguments.Usage);
    return HostExitCode.Success;
}

if (ModuleLocator.Find(AppContext.BaseDirectory) is not { } module)
{
    await Console.Error.WriteLineAsync("The module is not built: no out/Runctl/<version>/Runctl.psd1 is above this program. Run 'dotnet build' in the repository first.");
    return HostExitCode.Failure;
}

using var runner = new ScriptRunner(module);
return runner.Run(arguments);
