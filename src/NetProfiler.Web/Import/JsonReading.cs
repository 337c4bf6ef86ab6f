using System.Text.Json;

namespace NetProfiler.Web.Import;

/// <summary>Reads properties of a JSON object in a file, if they have the expected type.</summary>
internal static class JsonReading
{
    public static string? TextOf(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString() : null;

    /// <param name="none">Returned if there is no number, or if it is larger than a duration of centuries.</param>
    public static double NumberOf(this JsonElement element, string name, double none) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
            && value.TryGetDouble(out double number) && Math.Abs(number) < 1e12 ? number : none;

    public static JsonElement? ObjectOf(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object
            ? value : null;

    /// <summary>The objects of an array.</summary>
    public static IEnumerable<JsonElement> ItemsOf(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object) : [];
}
