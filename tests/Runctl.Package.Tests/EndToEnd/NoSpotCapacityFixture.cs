namespace Runctl.Package.Tests.EndToEnd;

/// <summary>A sandbox whose spot pools are empty.</summary>
public sealed class NoSpotCapacityFixture() : SandboxFixture("-PoolError @{ 'spot:g5.xlarge' = 'InsufficientInstanceCapacity' }");
