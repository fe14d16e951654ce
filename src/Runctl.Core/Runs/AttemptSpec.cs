namespace Runctl.Runs;

/// <summary>The attempt a guard is asked to take.</summary>
internal sealed record AttemptSpec(int Number, string Nonce, int Node, int Nodes, ResumeSource? ResumeFrom);
