using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using k8s;
using k8s.Models;

namespace NetProfiler.Kubernetes.Client;

/// <summary>
/// One page of a list, without the items that this version cannot parse. The library's lists fail as a whole at the first such item.
/// </summary>
internal sealed class TolerantItems<TEntity>
    where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    public List<TEntity> Items { get; } = [];

    public List<(ObjectKey Key, string Reason)> Skipped { get; } = [];

    public string ResourceVersion { get; private set; } = "";

    /// <summary>Token of the next page. Null or empty if this was the last.</summary>
    public string? Continue { get; private set; }

    internal sealed class Converter : JsonConverter<TolerantItems<TEntity>>
    {
        public override TolerantItems<TEntity> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException("a list is no object");
            var list = new TolerantItems<TEntity>();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("metadata"))
                {
                    reader.Read();
                    var metadata = JsonSerializer.Deserialize(ref reader, Info<V1ListMeta>(options));
                    (list.ResourceVersion, list.Continue) = (metadata?.ResourceVersion ?? "", metadata?.ContinueProperty);
                }
                else if (reader.ValueTextEquals("items"))
                {
                    reader.Read();
                    list.ReadItems(ref reader, Info<TEntity>(options));
                }
                else
                {
                    reader.Skip();
                }
            }
            return list;
        }

        public override void Write(Utf8JsonWriter writer, TolerantItems<TEntity> value, JsonSerializerOptions options) =>
            throw new NotSupportedException("lists are only read");

        private static JsonTypeInfo<T> Info<T>(JsonSerializerOptions options) =>
            (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
    }

    private void ReadItems(ref Utf8JsonReader reader, JsonTypeInfo<TEntity> info)
    {
        if (reader.TokenType != JsonTokenType.StartArray) return; // null: an empty list

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var item = reader;
            try
            {
                var entity = JsonSerializer.Deserialize(ref reader, info);
                Items.Add(entity is { Metadata.Name.Length: > 0 } ? entity : throw new JsonException("it has no name"));
            }
            catch (JsonException exception)
            {
                reader = item;
                using var document = JsonDocument.ParseValue(ref reader);
                Skipped.Add((UnreadableObjects.Identify(document.RootElement).Key, exception.Message));
            }
        }
    }
}
