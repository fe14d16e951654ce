using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Runctl.Adapters")]
[assembly: InternalsVisibleTo("Runctl.PowerShell")]
[assembly: InternalsVisibleTo("Runctl.Sandbox")]
[assembly: InternalsVisibleTo("Runctl.Sandbox.Tests")]
[assembly: InternalsVisibleTo("Runctl.Core.Tests")]
[assembly: InternalsVisibleTo("Runctl.Adapters.Tests")]
[assembly: InternalsVisibleTo("Runctl.Guard.Tests")]
[assembly: InternalsVisibleTo("Runctl.Journeys.Tests")]
[assembly: InternalsVisibleTo("Runctl.Benchmarks")]
