using System.Globalization;

namespace Runctl.PowerShell.Completion;

/// <summary>Completes the instance types people train on, in the order of their sizes, with vCPU, memory, GPU and price. Prices are those of the settings ([prices]), and the lowest spot prices that this session knows.</summary>
internal sealed class InstanceTypeCompleter : NameCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Names(CompletionScope scope)
    {
        scope.Learn("spot prices", async (at, limit) =>
        {
            foreach (var price in await at.Cloud.Instances.FindSpotPricesAsync([.. TrainingTypes.All.Select(type => type.Name)], limit).ConfigureAwait(false))
            {
                scope.Known.Add(price);
            }
        });
        return TrainingTypes.All.Select(type => Name(type.Name, $"{type}{Prices(type.Name, scope)}"));
    }

    private static string Prices(string type, CompletionScope scope)
    {
        var spot = scope.Known.SpotPrices.TryGetValue(type, out var paid) ? string.Create(CultureInfo.InvariantCulture, $", spot from {paid:0.0000} USD/h") : "";
        return scope.Configuration.Prices.TryGetValue(type, out var listed) ? string.Create(CultureInfo.InvariantCulture, $"{spot}, on demand {listed:0.0000} USD/h") : spot;
    }
}
