using System.Globalization;
using Runctl.Sandbox.Faults;

namespace Runctl.Sandbox.Imds;

/// <summary>AWS's times as one instance is shown them: shifted by what its clock is off.</summary>
internal sealed class InstanceClock(InstanceConditions conditions, TimeProvider clock)
{
    /// <summary>The present time as it is.</summary>
    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>A time as the metadata show it, in whole seconds.</summary>
    public string Show(DateTimeOffset time) =>
        (time - conditions.Current.ClockOffset).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
