using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace NetProfiler.Api.Tests.Schema;

/// <summary>What a C# type says of itself, in the schema's words: one entry for each path that its JSON has.</summary>
internal sealed record TypeSchema(string Path, string Type, string? Default, bool IsNullable)
{
    public static IReadOnlyList<TypeSchema> Of<T>(string path) => [.. Below(path, typeof(T))];

    private static IEnumerable<TypeSchema> Below(string path, Type type)
    {
        var model = Activator.CreateInstance(type);
        foreach (var property in type.GetProperties().Where(property => property.CanWrite).OrderBy(Name, StringComparer.Ordinal))
        {
            var isNullable = new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable;
            foreach (var entry in Entry($"{path}.{Name(property)}", property.PropertyType, property.GetValue(model), isNullable))
                yield return entry;
        }
    }

    private static IEnumerable<TypeSchema> Entry(string path, Type declared, object? initial, bool isNullable)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        TypeSchema As(string name, string? @default) => new(path, name, @default, isNullable);

        if (type == typeof(string)) return [As("string", initial is "" or null ? null : (string)initial)];
        if (type == typeof(bool)) return [As("boolean", initial?.ToString()!.ToLowerInvariant())];
        if (type == typeof(int)) return [As("integer int32", initial?.ToString())];
        if (type == typeof(long)) return [As("integer int64", initial?.ToString())];
        if (type == typeof(DateTimeOffset) || type == typeof(DateTime)) return [As("string date-time", null)];
        if (type.IsEnum) return [As($"string [{string.Join(", ", Enum.GetNames(type))}]", initial?.ToString())];

        if (type.IsGenericType && type.GetGenericArguments() is [var item] && type == typeof(IReadOnlyList<>).MakeGenericType(item))
            return Entry(path + "[]", item, null, false).Prepend(As("array", ListDefault(initial)));
        if (type == typeof(IReadOnlyDictionary<string, string>))
            return Entry(path + "{}", typeof(string), null, false).Prepend(As("object", null));

        return Below(path, type).Prepend(As("object", initial is null ? null : "{}"));
    }

    private static string? ListDefault(object? initial) =>
        initial is IEnumerable items && items.Cast<object>().ToList() is { Count: > 0 } list ? $"[{string.Join(", ", list)}]" : null;

    private static string Name(PropertyInfo property) =>
        property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name);
}
