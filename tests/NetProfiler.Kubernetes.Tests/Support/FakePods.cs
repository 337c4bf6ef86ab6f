using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace NetProfiler.Kubernetes.Tests.Support;

/// <summary>Pods that are listed and watched, with a history that can be forgotten.</summary>
internal sealed class FakePods : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, (int Version, string Json)> _pods = [];
    private readonly List<(int Version, string Frame)> _history = [];
    private TaskCompletionSource _changed = New();
    private CancellationTokenSource _watches = new();
    private int _version = 1;
    private int _forgotten;

    /// <summary>Instead of the right answer to a list; first in, first out.</summary>
    public ConcurrentQueue<Func<HttpContext, Task>> ListFaults { get; } = [];

    public ConcurrentQueue<Func<HttpContext, Task>> WatchFaults { get; } = [];

    /// <summary>As HTTP's code, else as a frame of a watch that was begun with 200.</summary>
    public bool IsGoneAnswer { get; set; }

    public int Lists { get; private set; }

    public int Watches { get; private set; }

    public int Version
    {
        get
        {
            lock (_lock) return _version;
        }
    }

    public void Set(string name, string? node = null)
    {
        lock (_lock)
        {
            var type = _pods.ContainsKey(name) ? "MODIFIED" : "ADDED";
            var json = Answers.Pod(name, ++_version, node);
            _pods[name] = (_version, json);
            Tell(type, json);
        }
    }

    public void Delete(string name)
    {
        lock (_lock)
        {
            _pods.Remove(name);
            Tell("DELETED", Answers.Pod(name, ++_version));
        }
    }

    public void Bookmark()
    {
        lock (_lock)
            Tell("BOOKMARK", $$$"""{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"{{{++_version}}}","creationTimestamp":null},"spec":{"containers":null},"status":{}}""");
    }

    /// <summary>etcd is compacted: who comes with an older version gets 410.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _history.Clear();
            _forgotten = _version;
        }
    }

    public void EndWatches()
    {
        lock (_lock)
        {
            _watches.Cancel();
            _watches = new CancellationTokenSource();
        }
    }

    /// <summary>Nobody lists or watches in between.</summary>
    public void AtOnce(Action changes)
    {
        lock (_lock) changes();
    }

    public void Dispose() => _watches.Dispose();

    public async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Query["watch"] == "true")
        {
            lock (_lock) Watches++;
            if (WatchFaults.TryDequeue(out var fault)) await fault(context);
            else await WatchAsync(context);
        }
        else
        {
            lock (_lock) Lists++;
            if (ListFaults.TryDequeue(out var fault)) await fault(context);
            else await ListAsync(context);
        }
    }

    public async Task WatchAsync(HttpContext context)
    {
        var version = int.Parse(context.Request.Query["resourceVersion"]!);
        CancellationToken end;
        lock (_lock) end = _watches.Token;
        if (version < _forgotten && IsGoneAnswer)
        {
            await context.Status(410, "Expired", "too old resource version");
            return;
        }
        context.Response.ContentType = "application/json";
        await context.Response.StartAsync();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end, context.RequestAborted);
        while (!either.IsCancellationRequested)
        {
            string frames;
            Task changed;
            lock (_lock)
            {
                changed = _changed.Task;
                frames = version < _forgotten
                    ? """{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure","message":"too old","reason":"Expired","code":410}}""" + "\n"
                    : string.Concat(_history.Where(entry => entry.Version > version).Select(entry => entry.Frame));
                if (version < _forgotten) either.Cancel();
                version = _version;
            }
            await context.Response.WriteAsync(frames, context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            if (!either.IsCancellationRequested) await Task.WhenAny(changed, Task.Delay(Timeout.Infinite, either.Token));
        }
    }

    public Task ListAsync(HttpContext context)
    {
        lock (_lock)
        {
            var items = string.Join(",", _pods.Values.Select(pod => pod.Json));
            return context.Json($$$"""{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"{{{_version}}}"},"items":[{{{items}}}]}""");
        }
    }

    private void Tell(string type, string json)
    {
        _history.Add((_version, $$"""{"type":"{{type}}","object":{{json}}}""" + "\n"));
        var changed = _changed;
        _changed = New();
        changed.SetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
