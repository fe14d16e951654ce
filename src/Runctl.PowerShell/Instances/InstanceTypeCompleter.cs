using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using Runctl.PowerShell.Composition;

namespace Runctl.PowerShell.Instances;

/// <summary>Completes the instance types people train on, without asking EC2.</summary>
internal sealed class InstanceTypeCompleter : IArgumentCompleter
{
    private static readonly (string Family, string Sizes, string About)[] Families =
    [
        ("g4dn", "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge metal", "NVIDIA T4"),
        ("g5", "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge", "NVIDIA A10G"),
        ("g5g", "xlarge 2xlarge 4xlarge 8xlarge 16xlarge", "NVIDIA T4G, arm64"),
        ("g6", "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge", "NVIDIA L4"),
        ("g6e", "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge", "NVIDIA L40S"),
        ("p3", "2xlarge 8xlarge 16xlarge", "NVIDIA V100"),
        ("p4d", "24xlarge", "NVIDIA A100"),
        ("p4de", "24xlarge", "NVIDIA A100 80 GB"),
        ("p5", "4xlarge 48xlarge", "NVIDIA H100"),
        ("p5e", "48xlarge", "NVIDIA H200"),
        ("trn1", "2xlarge 32xlarge", "AWS Trainium"),
        ("inf2", "xlarge 8xlarge 24xlarge 48xlarge", "AWS Inferentia2"),
        ("c7i", "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge", "compute, x86_64"),
        ("c7g", "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge", "compute, arm64"),
        ("m7i", "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge", "general, x86_64"),
        ("m5", "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge", "general, x86_64"),
        ("r7i", "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge", "memory, x86_64"),
        ("t3", "micro small medium large xlarge 2xlarge", "burstable, x86_64"),
    ];

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        Completions.Of(
            Families.SelectMany(family => family.Sizes.Split(' ').Select(size => KeyValuePair.Create($"{family.Family}.{size}", $"{family.Family}.{size}: {family.About}"))),
            wordToComplete);
}
