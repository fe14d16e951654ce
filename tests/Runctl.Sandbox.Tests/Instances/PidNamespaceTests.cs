using Runctl.Sandbox.Instances;

namespace Runctl.Sandbox.Tests.Instances;

public sealed class PidNamespaceTests
{
    [Fact]
    public async Task What_is_given_up_while_it_is_made_leaves_nothing_behind()
    {
        var tools = HostTools.Find();
        var environment = new Dictionary<string, string> { ["PATH"] = tools.SearchPath };
        var makings = Enumerable.Range(0, 40).Select(async turn =>
        {
            using var givenUp = new CancellationTokenSource(TimeSpan.FromMilliseconds(turn % 20));
            try
            {
                if (await PidNamespace.TryCreateAsync(tools, environment, TimeProvider.System, givenUp.Token) is { } made)
                {
                    await made.DisposeAsync();
                }
            }
            catch (OperationCanceledException)
            {
                // As it should be: it has ended before this is thrown.
            }
        });
        await Task.WhenAll(makings).WaitAsync(TimeSpan.FromSeconds(180), TestContext.Current.CancellationToken);
    }
}
