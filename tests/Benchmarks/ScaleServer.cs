using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using k8s;
using k8s.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using NetProfiler.Kubernetes.Client;
using NetProfiler.Operator.Tests.Support;

namespace NetProfiler.Benchmarks;

/// <summary>
/// As much of an API server as the operator asks for, in memory and over HTTP: lists in pages, watches, server-side apply of a
/// specification and of a status, leases and events. Objects are kept as JSON.
/// </summary>
internal sealed class ScaleServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentDictionary<string, Kind> _kinds = [];

    private int _writes;

    private ScaleServer(WebApplication application) => _application = application;

    public string Address => _application.Urls.Single();

    /// <summary>Applied by the operator: specifications and statuses.</summary>
    public int Writes => Volatile.Read(ref _writes);

    /// <summary>Called with each configuration and each task's status that the operator writes.</summary>
    public Action<JsonObject>? OnConfig { get; set; }

    public Action<JsonObject>? OnTaskStatus { get; set; }

    public static async Task<ScaleServer> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var application = builder.Build();
        var server = new ScaleServer(application);
        application.Run(server.AnswerAsync);
        await application.StartAsync();
        return server;
    }

    public void Put<TEntity>(TEntity entity)
        where TEntity : class, IKubernetesObject<V1ObjectMeta> =>
        KindOf(EntityMetadata.Of<TEntity>().Plural).Set(
            Key(entity.Metadata.NamespaceProperty, entity.Metadata.Name),
            _ => JsonSerializer.SerializeToNode(entity, TestJson.Resources.Of<TEntity>())!.AsObject());

    public void Change<TEntity>(string? @namespace, string name, Func<TEntity, TEntity> change)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        var type = TestJson.Resources.Of<TEntity>();
        KindOf(EntityMetadata.Of<TEntity>().Plural).Set(
            Key(@namespace, name), old => JsonSerializer.SerializeToNode(change(old.Deserialize(type)!), type)!.AsObject());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var kind in _kinds.Values) kind.EndWatches();
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    private static string Key(string? @namespace, string? name) => $"{@namespace}/{name}";

    private Kind KindOf(string plural) => _kinds.GetOrAdd(plural, _ => new Kind());

    // /api/v1/… or /apis/GROUP/VERSION/…, then [namespaces/NAMESPACE/]PLURAL[/NAME[/status]]
    private async Task AnswerAsync(HttpContext context)
    {
        string[] path = context.Request.Path.Value!.Trim('/').Split('/');
        string[] rest = path[(path[0] == "api" ? 2 : 3)..];
        string? @namespace = null;
        if (rest is ["namespaces", var inside, _, ..]) (@namespace, rest) = (inside, rest[2..]);
        var kind = KindOf(rest[0]);
        string? name = rest.Length > 1 ? rest[1] : null;
        bool isStatus = rest.Length > 2;
        string key = Key(@namespace, name);
        switch (context.Request.Method)
        {
            case "GET" when name is null && context.Request.Query["watch"] == "true":
                await WatchAsync(kind, context);
                break;
            case "GET" when name is null:
                await JsonAsync(context, 200, kind.List(int.Parse($"0{context.Request.Query["limit"]}", null),
                    context.Request.Query["continue"]));
                break;
            case "GET":
                await FoundAsync(context, kind.Get(key));
                break;
            case "DELETE":
                Interlocked.Increment(ref _writes);
                kind.Remove(key);
                await JsonAsync(context, 200, "{}"u8.ToArray());
                break;
            case "PATCH":
                Interlocked.Increment(ref _writes);
                await FoundAsync(context, Apply(kind, key, await BodyAsync(context), isStatus));
                if (rest[0] == "nodeprofilingconfigs" && !isStatus) OnConfig?.Invoke(JsonNode.Parse(kind.Get(key)!)!.AsObject());
                if (rest[0] == "networkprofilingtasks" && isStatus) OnTaskStatus?.Invoke(JsonNode.Parse(kind.Get(key)!)!.AsObject());
                break;
            default:
                var body = await BodyAsync(context);
                // Nobody reads events.
                if (rest[0] != "events") body = kind.Set(Key(@namespace, (string?)body["metadata"]!["name"]), _ => body);
                await JsonAsync(context, 201, JsonSerializer.SerializeToUtf8Bytes(body));
                break;
        }
    }

    /// <summary>Null: the object is gone, or not in the state that was judged.</summary>
    private static byte[]? Apply(Kind kind, string key, JsonObject body, bool isStatus)
    {
        string part = isStatus ? "status" : "spec";
        if (isStatus && kind.Get(key) is null) return null;
        var written = kind.Set(key, old =>
        {
            if (old is null)
            {
                body["metadata"]!["uid"] = Guid.NewGuid().ToString();
                body["metadata"]!["creationTimestamp"] = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null);
                body["metadata"]!["generation"] = 1;
                return body;
            }

            old[part] = body[part]?.DeepClone();
            if (!isStatus) old["metadata"]!["generation"] = ((long?)old["metadata"]!["generation"] ?? 0) + 1;
            return old;
        });
        return JsonSerializer.SerializeToUtf8Bytes(written);
    }

    private static async Task WatchAsync(Kind kind, HttpContext context)
    {
        var changes = kind.Watch(context.Request.Query["resourceVersion"]!);
        if (changes is null)
        {
            await JsonAsync(context, 410, """{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Expired","code":410}"""u8.ToArray());
            return;
        }

        context.Response.ContentType = "application/json";
        await context.Response.Body.FlushAsync();
        try
        {
            await foreach (byte[] frame in changes.ReadAllAsync(context.RequestAborted)) await context.Response.Body.WriteAsync(frame,
                context.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            // The operator went.
        }
    }

    private static async Task<JsonObject> BodyAsync(HttpContext context) => (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();

    private static Task FoundAsync(HttpContext context, byte[]? json) =>
        JsonAsync(context, json is null ? 404 : 200, json ?? """{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}"""u8.ToArray());

    private static async Task JsonAsync(HttpContext context, int code, byte[] json)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(json);
    }

    private sealed class Kind
    {
        private readonly Lock _lock = new();
        private readonly SortedList<string, byte[]> _objects = new(StringComparer.Ordinal);
        private readonly List<Channel<byte[]>> _watches = [];
        private long _version = 1;

        public byte[]? Get(string key)
        {
            lock (_lock) return _objects.GetValueOrDefault(key);
        }

        /// <param name="limit">Objects in a page; 0: all.</param>
        /// <param name="after">The last key of the page before; empty: none was.</param>
        public byte[] List(int limit, string? after)
        {
            lock (_lock)
            {
                int first = string.IsNullOrEmpty(after) ? 0 : _objects.IndexOfKey(after) + 1;
                int end = limit == 0 ? _objects.Count : int.Min(first + limit, _objects.Count);
                using var page = new MemoryStream();
                string rest = end < _objects.Count ? _objects.GetKeyAtIndex(end - 1) : "";
                page.Write(Encoding.UTF8.GetBytes($$"""{"metadata":{"resourceVersion":"{{_version}}","continue":"{{rest}}"},"items":["""));
                for (int i = first; i < end; i++)
                {
                    if (i > first) page.WriteByte((byte)',');
                    page.Write(_objects.GetValueAtIndex(i));
                }

                page.Write("]}"u8);
                return page.ToArray();
            }
        }

        public JsonObject Set(string key, Func<JsonObject?, JsonObject> change)
        {
            lock (_lock)
            {
                bool isNew = !_objects.TryGetValue(key, out byte[]? json);
                var written = change(json is null ? null : JsonNode.Parse(json)!.AsObject());
                written["metadata"]!["resourceVersion"] = $"{++_version}";
                _objects[key] = JsonSerializer.SerializeToUtf8Bytes(written);
                Tell(isNew ? "ADDED" : "MODIFIED", _objects[key]);
                return written;
            }
        }

        public void Remove(string key)
        {
            lock (_lock)
            {
                if (!_objects.Remove(key, out byte[]? json)) return;
                _version++;
                Tell("DELETED", json);
            }
        }

        /// <summary>Null: changes since then are not remembered; who comes late lists again.</summary>
        public ChannelReader<byte[]>? Watch(string from)
        {
            lock (_lock)
            {
                if (from != $"{_version}") return null;
                var watch = Channel.CreateUnbounded<byte[]>();
                _watches.Add(watch);
                return watch.Reader;
            }
        }

        public void EndWatches()
        {
            lock (_lock)
            {
                foreach (var watch in _watches) watch.Writer.TryComplete();
            }
        }

        private void Tell(string type, byte[] json)
        {
            if (_watches.Count == 0) return;
            byte[] frame = [.. Encoding.UTF8.GetBytes($$"""{"type":"{{type}}","object":"""), .. json, .. "}\n"u8];
            foreach (var watch in _watches) watch.Writer.TryWrite(frame);
        }
    }
}
