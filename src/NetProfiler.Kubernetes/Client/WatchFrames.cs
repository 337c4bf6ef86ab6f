using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using k8s;
using k8s.Models;

namespace NetProfiler.Kubernetes.Client;

/// <summary>Parses the answer of a watch: one JSON object per line.</summary>
internal static class WatchFrames
{
    /// <summary>Limit of one line; etcd rejects objects far below it.</summary>
    private const int MaxFrameBytes = 16 << 20;

    private const int ReadBytes = 32 << 10;

    /// <summary>An incomplete line at the end of the connection is discarded: the object is sent again on the next connection.</summary>
    public static async IAsyncEnumerable<WatchEvent<TEntity>> ReadAsync<TEntity>(
        Stream content, JsonTypeInfo<TEntity> info, UnreadableObjects unreadable,
        [EnumeratorCancellation] CancellationToken cancellationToken)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        var reader = PipeReader.Create(content, new StreamPipeReaderOptions(bufferSize: ReadBytes));
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync(cancellationToken);
                var buffer = result.Buffer;
                while (buffer.PositionOf((byte)'\n') is { } end)
                {
                    var line = buffer.Slice(0, end);
                    if (line.Length > 1) yield return Parse(line, info, unreadable);
                    buffer = buffer.Slice(buffer.GetPosition(1, end));
                }
                if (result.IsCompleted) yield break;
                if (buffer.Length > MaxFrameBytes) throw new IOException($"a watch's frame has more than {MaxFrameBytes} bytes");
                reader.AdvanceTo(buffer.Start, buffer.End);
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    private static WatchEvent<TEntity> Parse<TEntity>(ReadOnlySequence<byte> line, JsonTypeInfo<TEntity> info, UnreadableObjects unreadable)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        var reader = new Utf8JsonReader(line);
        try
        {
            if (!TryReadType(ref reader, out var type)) return ParseSlowly<TEntity>(line, unreadable, "the frame has no type");
            if (type is not (WatchEventType.Added or WatchEventType.Modified or WatchEventType.Deleted))
                return ParseSlowly<TEntity>(line, unreadable, "");

            var entity = JsonSerializer.Deserialize(ref reader, info);
            if (entity is not { Metadata.Name.Length: > 0, Metadata.ResourceVersion: { } resourceVersion })
                return ParseSlowly<TEntity>(line, unreadable, "it is no " + EntityMetadata.Of<TEntity>().Kind);
            return new WatchEvent<TEntity>(type, entity, resourceVersion, ObjectKey.Of(entity));
        }
        catch (JsonException exception)
        {
            return ParseSlowly<TEntity>(line, unreadable, exception.Message);
        }
    }

    /// <summary>The server writes type before object, so one pass is sufficient, and the reader is positioned at the object.</summary>
    private static bool TryReadType(ref Utf8JsonReader reader, out WatchEventType type)
    {
        type = default;
        if (!reader.Read() || !reader.Read() || !reader.ValueTextEquals("type") || !reader.Read()) return false;
        type = reader.ValueTextEquals("ADDED") ? WatchEventType.Added
            : reader.ValueTextEquals("MODIFIED") ? WatchEventType.Modified
            : reader.ValueTextEquals("DELETED") ? WatchEventType.Deleted
            : WatchEventType.Bookmark;
        return reader.Read() && reader.ValueTextEquals("object") && reader.Read();
    }

    private static WatchEvent<TEntity> ParseSlowly<TEntity>(ReadOnlySequence<byte> line, UnreadableObjects unreadable, string reason)
        where TEntity : class, IKubernetesObject<V1ObjectMeta>
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(line);
        }
        catch (JsonException exception)
        {
            throw new IOException($"a watch's frame is not JSON: {exception.Message}", exception);
        }
        using (document)
        {
            var frame = document.RootElement;
            var type = frame.ValueKind == JsonValueKind.Object && frame.TryGetProperty("type", out var text) ? text.ToString() : "";
            var value = frame.ValueKind == JsonValueKind.Object && frame.TryGetProperty("object", out var found) ? found : default;
            if (type == "ERROR") throw ApiErrors.Of(ReadStatus(value), "watch " + EntityMetadata.Of<TEntity>().Plural);

            var (key, resourceVersion) = UnreadableObjects.Identify(value);
            if (type == "BOOKMARK") return new WatchEvent<TEntity>(WatchEventType.Bookmark, null, resourceVersion ?? "", default);

            unreadable.Skip(EntityMetadata.Of<TEntity>().Kind, key, reason.Length > 0 ? reason : $"unknown type of event '{type}'");
            return new WatchEvent<TEntity>(WatchEventType.Skipped, null, resourceVersion ?? "", key);
        }
    }

    private static V1Status ReadStatus(JsonElement value)
    {
        try
        {
            return value.Deserialize(ObjectsJson.Default.V1Status) ?? new V1Status();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return new V1Status { Message = "an error that cannot be read: " + exception.Message };
        }
    }
}
