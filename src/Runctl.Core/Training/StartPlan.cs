using System.Globalization;
using Runctl.Code;
using Runctl.Configuration;
using Runctl.Instances;

namespace Runctl.Training;

/// <summary>A start that was checked but not begun: what -WhatIf names.</summary>
/// <param name="Request">What was asked for.</param>
/// <param name="Configuration">Settings in force.</param>
/// <param name="Instance">The instance, found running and reachable over SSM; null if one is to be launched.</param>
/// <param name="RunId">Id the run will have.</param>
/// <param name="Description">Script, instance and place of the checkpoints in a line, for people.</param>
/// <param name="Warnings">What the user should know before.</param>
public sealed record StartPlan(StartRequest Request, RunctlConfiguration Configuration, RunctlInstance? Instance, string RunId, string Description, IReadOnlyList<string> Warnings)
{
    /// <summary>What S3 keeps of the run; null if it keeps nothing, or all.</summary>
    public string? Retention => Configuration.S3Bucket is null || Configuration.KeepLastN == 0 ? null
        : Configuration.KeepLastN == 1 ? "S3 keeps the last checkpoint of the run (keep_last_n = 1; 0 keeps all)"
        : string.Create(CultureInfo.InvariantCulture, $"S3 keeps the last {Configuration.KeepLastN} checkpoints of the run (keep_last_n = {Configuration.KeepLastN}; 0 keeps all)");

    /// <summary>What is launched for the training; null if its instance runs already.</summary>
    public LaunchPlan? Launch { get; init; }

    /// <summary>The files that will travel; null if the code is not synced.</summary>
    internal ProjectListing? Code { get; init; }

    /// <summary>The script, relative to the project, with forward slashes.</summary>
    internal string Script => Path.GetRelativePath(Request.ProjectDirectory, Request.ScriptPath).Replace('\\', '/');

    /// <summary>Name of the project on the instance.</summary>
    internal string ProjectName => RunNaming.ProjectName(Configuration.ProjectName, Request.ProjectDirectory);
}
