from django.urls import path

from dashboard.policies import draft_views, override_views, rule_views, views

app_name = "policies"
urlpatterns = [
    path("", views.index, name="index"),
    path("<slug:slug>/", views.detail, name="detail"),
    path("<slug:slug>/rules/", rule_views.rules, name="rules"),
    path("<slug:slug>/overrides/", override_views.overrides, name="overrides"),
    path("<slug:slug>/overrides/keep/", override_views.keep, name="keep-override"),
    path("<slug:slug>/overrides/remove/", override_views.remove, name="remove-override"),
    path("<slug:slug>/overrides/rules/add/", override_views.add_rule, name="add-override-rule"),
    path("<slug:slug>/overrides/rules/remove/", override_views.remove_rule, name="remove-override-rule"),
    path("<slug:slug>/overrides/earlier/", override_views.earlier, name="override-earlier"),
    path("<slug:slug>/versions/", views.versions, name="versions"),
    path("<slug:slug>/embed/", views.embed, name="embed"),
    path("<slug:slug>/draft/", draft_views.keep, name="keep-draft"),
    path("<slug:slug>/draft/options/", draft_views.keep_options, name="keep-options"),
    path("<slug:slug>/exposures/", views.exposures, name="exposures"),
    path("<slug:slug>/draft/discard/", draft_views.discard, name="discard-draft"),
    path("<slug:slug>/confirm/", views.confirm, name="confirm"),
    path("<slug:slug>/publish/", views.publish, name="publish"),
    path("<slug:slug>/undo/", views.undo, name="undo"),
    path("<slug:slug>/rules/add/", rule_views.add, name="add-rule"),
    path("<slug:slug>/rules/end/", rule_views.end, name="end-rule"),
    path("<slug:slug>/rules/remove/", rule_views.remove, name="remove-rule"),
    path("<slug:slug>/rules/keep/", rule_views.keep, name="keep-rule"),
    path("<slug:slug>/rules/check/", rule_views.check, name="check-rule"),
    path("<slug:slug>/rules/options/", rule_views.options, name="rule-options"),
    path("<slug:slug>/roll-back/", views.roll_back, name="roll-back"),
]
