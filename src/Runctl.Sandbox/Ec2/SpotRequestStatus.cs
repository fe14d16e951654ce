namespace Runctl.Sandbox.Ec2;

/// <summary>Where a spot request stands.</summary>
/// <param name="State">open, active, closed, cancelled or disabled.</param>
/// <param name="Code">The status code, e.g. <c>fulfilled</c>.</param>
/// <param name="Message">The code in words.</param>
/// <param name="Time">Since when.</param>
internal sealed record SpotRequestStatus(string State, string Code, string Message, DateTimeOffset Time);
