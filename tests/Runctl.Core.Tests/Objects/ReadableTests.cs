using System.Collections;
using System.Reflection;
using System.Text.Json;
using Runctl.Events;
using Runctl.Instances;
using Runctl.Objects;
using Runctl.Training;

namespace Runctl.Core.Tests.Objects;

/// <summary>Objects that users get cannot be changed, and read as short text.</summary>
public sealed class ReadableTests
{
    [Fact]
    public void Event_data_are_plain_values()
    {
        var data = Readable.Table(JsonSerializer.SerializeToElement(new { outcome = "uploaded", pid = 21, seconds = 1.5, told = true, none = (string?)null, phases = new[] { new { name = "save" } } }));
        Assert.Equal(("uploaded", 21L, 1.5, true, null), (data["outcome"], data["pid"], data["seconds"], data["told"], data["none"]));
        Assert.Equal("outcome=uploaded; pid=21; seconds=1.5; told=True; none=; phases=name=save", data.ToString());
        Assert.Equal("uploaded", ((IDictionary)data)["Outcome"]);
        Assert.Throws<NotSupportedException>(() => ((IDictionary)data)["outcome"] = "x");
    }

    [Fact]
    public void A_name_in_exactly_these_letters_goes_before_one_in_others()
    {
        var table = Readable.Table<string>([new("name", "small"), new("Name", "large")]);
        Assert.Equal(("small", "large", "small"), (table["name"], table["Name"], table["NAME"]));
    }

    [Fact]
    public void Users_cannot_set_a_property_of_any_object()
    {
        var types = typeof(RunctlTraining).Assembly.GetExportedTypes()
            .Where(t => t.Name.StartsWith("Runctl", StringComparison.Ordinal) && t.IsClass && t is { IsAbstract: false } && !typeof(Exception).IsAssignableFrom(t) && t.Name != "RunctlConfiguration")
            .Append(typeof(Phase)).Append(typeof(Runctl.Checkpoints.CheckpointFile)).Append(typeof(Runctl.Checkpoints.CheckpointReference)).ToList();
        Assert.Contains(typeof(RunctlEvent), types);
        Assert.All(types, type =>
        {
            Assert.DoesNotContain(type.GetProperties(), p => p.SetMethod is { IsPublic: true });
            Assert.Null(type.GetMethod("<Clone>$"));
            Assert.NotEqual(typeof(object), type.GetMethod(nameof(ToString), Type.EmptyTypes)!.DeclaringType);
            Assert.DoesNotContain(type.GetProperties(BindingFlags.Public | BindingFlags.Instance), p => p.PropertyType == typeof(JsonElement) || Nullable.GetUnderlyingType(p.PropertyType) == typeof(DateTimeOffset) || p.PropertyType == typeof(DateTimeOffset));
        });
    }

    [Fact]
    public void The_instance_of_a_run_is_the_one_the_session_knows()
    {
        var training = new RunctlTraining { RunId = "r", InstanceId = "i-1" };
        Assert.Equal(("i-1", "r", "USD", DateTimeKind.Utc), (training.Instance, training.ToString(), training.Currency, training.AsOf.Kind));
        training.Cell = new RunCell("r");
        training.Cell.See(2, "i-2");
        var copy = training.With(t => t.State = "running");
        training.Cell.See(3, "i-3");
        Assert.Equal(("i-3", "i-3", ""), (training.Instance, copy.Instance, training.State));
        Assert.Null(new RunctlTraining { RunId = "r" }.Instance);
        Assert.Equal("i-9", new RunctlInstance { InstanceId = "i-9" }.ToString());
    }
}
