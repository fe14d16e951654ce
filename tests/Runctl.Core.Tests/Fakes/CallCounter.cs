using System.Collections.Concurrent;
using System.Reflection;

namespace Runctl.Core.Tests.Fakes;

/// <summary>Passes the calls of a port on and notes their names.</summary>
internal class CallCounter : DispatchProxy
{
    private object _inner = null!;
    private ConcurrentQueue<string> _calls = null!;

    public static T On<T>(T inner, ConcurrentQueue<string> calls)
        where T : class
    {
        var proxy = Create<T, CallCounter>();
        var counter = (CallCounter)(object)proxy;
        (counter._inner, counter._calls) = (inner, calls);
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        _calls.Enqueue(targetMethod!.Name);
        try
        {
            return targetMethod.Invoke(_inner, args);
        }
        catch (TargetInvocationException e)
        {
            throw e.InnerException!;
        }
    }
}
